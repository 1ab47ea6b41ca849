package compute

import "testing"

func TestGatherAndScatter(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		const vocab, dim = 9, 130
		table, ids := normals(source(41), vocab*dim), []int32{3, 0, 8, 3, 3}
		rows := make([]float32, len(ids)*dim)
		GatherRows(rows, table, ids, dim)
		for i, id := range ids {
			nearly(t, "gathered", rows[i*dim:(i+1)*dim], table[int(id)*dim:(int(id)+1)*dim], 0)
		}
		grad, want := make([]float32, vocab*dim), make([]float32, vocab*dim)
		d := normals(source(42), len(ids)*dim)
		ScatterAddRows(grad, d, ids, dim)
		for i, id := range ids {
			for j := range dim {
				want[int(id)*dim+j] += d[i*dim+j]
			}
		}
		nearly(t, "scattered", grad, want, 0)
		wantError(t, "id", func() { GatherRows(rows, table, []int32{9}, dim) })
		wantError(t, "negative id", func() { ScatterAddRows(grad, d, []int32{-1}, dim) })
	})
}

func TestRowSums(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		const rows, cols = 11, 75
		x, row := normals(source(43), rows*cols), normals(source(44), cols)
		y := append([]float32(nil), x...)
		AddRow(y, row, rows, cols)
		sum, want := append([]float32(nil), row...), append([]float32(nil), row...)
		SumRowsInto(sum, x, rows, cols)
		for i := range x {
			want[i%cols] += x[i]
			nearly(t, "AddRow", y[i:i+1], []float32{x[i] + row[i%cols]}, 0)
		}
		nearly(t, "SumRowsInto", sum, want, 0)
	})
}

func TestTranspose(t *testing.T) {
	onEachLevel(t, func(t *testing.T) {
		for _, s := range [][2]int{{1, 1}, {3, 50}, {70, 9}, {33, 65}} {
			rows, cols := s[0], s[1]
			x, y := normals(source(45), rows*cols), make([]float32, rows*cols)
			Transpose(y, x, rows, cols)
			for i := range rows {
				for j := range cols {
					if y[j*rows+i] != x[i*cols+j] {
						t.Fatalf("%v: element %d %d", s, i, j)
					}
				}
			}
		}
	})
}
