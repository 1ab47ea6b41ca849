package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"sort"
	"strings"
	"text/template"
	"time"
)

type Cat struct{ Name string }
type Dog struct{ Name string }

func (d *Dog) String() string { return "dog " + d.Name }

type Level int

const (
	Low Level = iota
	High
)

func (l Level) String() string { return [...]string{"low", "high"}[l] }
func (l Level) MarshalText() ([]byte, error) {
	return []byte(strings.ToUpper(l.String())), nil
}
func (l *Level) UnmarshalText(b []byte) error {
	switch strings.ToLower(string(b)) {
	case "low":
		*l = Low
	case "high":
		*l = High
	default:
		return fmt.Errorf("bad level %q", b)
	}
	return nil
}

type Temp float64

func (t Temp) String() string { return fmt.Sprintf("%.1f°", float64(t)) }

type NotFound struct{ Key string }

func (e NotFound) Error() string { return "not found: " + e.Key }

type Op struct {
	Name string
	Err  error
}

func (o *Op) Error() string   { return o.Name + ": " + o.Err.Error() }
func (o *Op) Unwrap() error   { return o.Err }
func (o *Op) Is(e error) bool { return e == errSpecial }

var errSpecial = errors.New("special")

func find(ok bool) error {
	var e *Op
	if ok {
		return e
	}
	return nil
}

type Event struct {
	At     Level          `json:"at"`
	When   map[Level]Temp `json:"when,omitempty"`
	secret int
	inner  time.Duration
	Tags   []string `json:"tags"`
}

type Fmt struct{ v int }

func (f Fmt) Format(s fmt.State, c rune) { fmt.Fprintf(s, "<%c %d>", c, f.v) }

type Go struct{}

func (Go) GoString() string { return "Go!" }

type Base struct{ ID int }

func (b Base) Describe() string { return fmt.Sprint("base ", b.ID) }

type Derived struct {
	Base
	Name string
}

type Page struct {
	Derived
	Tags []Level
}

type Custom struct{ a, b int }

func (c Custom) MarshalJSON() ([]byte, error) { return json.Marshal([]int{c.a, c.b}) }
func (c *Custom) UnmarshalJSON(p []byte) error {
	var l []int
	if err := json.Unmarshal(p, &l); err != nil {
		return err
	}
	c.a, c.b = l[0], l[1]
	return nil
}

func main() {
	var x any = Cat{"a"}
	_, isDog := x.(Dog)
	fmt.Println(isDog, x == any(Cat{"a"}), x == any(Dog{"a"}))
	m := map[any]string{Cat{"a"}: "cat", Dog{"a"}: "dog", Low: "low", 0: "zero", Temp(0): "temp"}
	fmt.Println(len(m), m[Cat{"a"}], m[Dog{"a"}], m[Low], m[0], m[Temp(0)])
	for _, v := range []any{Cat{}, Dog{}, &Dog{}, Low, 1, Temp(2), nil, []Cat{}, map[string]Dog{}} {
		switch t := v.(type) {
		case Cat:
			fmt.Print("Cat ")
		case Dog:
			fmt.Print("Dog ")
		case *Dog:
			fmt.Print("*Dog ")
		case Level:
			fmt.Print("Level", t, " ")
		case int, Temp:
			fmt.Printf("%T ", t)
		case nil:
			fmt.Print("nil ")
		default:
			fmt.Printf("%T ", t)
		}
	}
	fmt.Println()
	d := Dog{"rex"}
	fmt.Println(d, &d, []Dog{d}, []*Dog{}, High, []Level{Low, High}, map[Level]int{High: 1})
	fmt.Printf("%v %+v %#v %s %d %T\n", High, High, High, High, High, High)
	fmt.Printf("%v %+v %#v %T\n", Cat{"c"}, Cat{"c"}, Cat{"c"}, Cat{"c"})
	fmt.Printf("%v %+v %#v %T\n", []Cat{{"c"}}, &Cat{"c"}, map[string]Cat{"k": {"v"}}, []*Cat{})
	fmt.Printf("%v %d %#v %v\n", Fmt{3}, Fmt{4}, Go{}, []any{Fmt{5}})
	fmt.Printf("%6.2f|%v|%5v|%x\n", Temp(3), Temp(3), Low, "hi")

	err := fmt.Errorf("ctx: %w", &Op{"read", NotFound{"k"}})
	var op *Op
	var nf NotFound
	fmt.Println(errors.As(err, &op), errors.As(err, &nf), op.Name, nf.Key)
	fmt.Println(errors.Is(err, NotFound{"k"}), errors.Is(err, NotFound{"z"}), errors.Is(err, errSpecial), err)
	fmt.Println(find(true) == nil, find(false) == nil)

	e := Event{At: High, When: map[Level]Temp{Low: 1.5}, secret: 4, inner: 5, Tags: nil}
	js, jerr := json.Marshal(e)
	fmt.Println(string(js), jerr)
	var back Event
	fmt.Println(json.Unmarshal([]byte(`{"at":"high","when":{"LOW":2},"tags":["a"]}`), &back), back.At, back.When, back.Tags)
	fmt.Println(json.Unmarshal([]byte(`{"at":"odd"}`), &back))
	js, _ = json.Marshal(map[string]any{"c": Custom{1, 2}, "l": []Custom{{3, 4}}, "d": Derived{Base{1}, "n"}})
	fmt.Println(string(js))
	var cs []Custom
	fmt.Println(json.Unmarshal([]byte("[[1,2],[3,4]]"), &cs), cs)
	fmt.Printf("%+v\n", e)

	der := Derived{Base{7}, "x"}
	fmt.Println(der.Describe(), der.ID, der)
	template.Must(template.New("t").Parse("{{.Name}} {{.ID}} {{.Describe}} {{range .Tags}}{{.}}{{end}}\n")).Execute(os.Stdout, Page{der, []Level{Low, High}})

	t := reflect.TypeOf(e)
	fmt.Println(t, t.Kind(), t.NumField(), t.Field(0).Name, t.Field(0).Tag.Get("json"), t.Name(), t.PkgPath())
	fmt.Println(reflect.DeepEqual(Cat{"a"}, Cat{"a"}), reflect.DeepEqual(any(Cat{"a"}), any(Dog{"a"})))
	cats := []Cat{{"z"}, {"b"}, {"m"}}
	sort.Slice(cats, func(i, j int) bool { return cats[i].Name < cats[j].Name })
	fmt.Println(cats)
	type local struct{ A, B int }
	fmt.Printf("%T %v %+v\n", local{1, 2}, local{1, 2}, struct{ X, y int }{1, 2})
}
