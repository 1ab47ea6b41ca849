// Package sql is the generic part of database/sql, for the interpreter.
package sql

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"reflect"
)

// Null is a T that a database may have as NULL.
type Null[T any] struct {
	V     T
	Valid bool
}

// Scan takes a value from a database.
func (n *Null[T]) Scan(value any) error {
	var zero T
	n.V, n.Valid = zero, false
	if value == nil {
		return nil
	}
	if s, ok := any(&n.V).(sql.Scanner); ok {
		n.Valid = true
		return s.Scan(value)
	}
	if v, ok := value.(T); ok {
		n.V, n.Valid = v, true
		return nil
	}
	dst, src := reflect.ValueOf(&n.V).Elem(), reflect.ValueOf(value)
	if !src.CanConvert(dst.Type()) || dst.Kind() == reflect.String && src.Kind() != reflect.Slice {
		return fmt.Errorf("unsupported Scan, storing driver.Value type %T into type *%s", value, dst.Type())
	}
	dst.Set(src.Convert(dst.Type()))
	n.Valid = true
	return nil
}

// Value gives the value to a database.
func (n Null[T]) Value() (driver.Value, error) {
	if !n.Valid {
		return nil, nil
	}
	v := any(n.V)
	if valuer, ok := v.(driver.Valuer); ok {
		return valuer.Value()
	}
	return v, nil
}
