package compute

// GatherRows copies rows of a table: dst[i] = table[ids[i]], each of dim elements. It is the forward pass of an embedding.
func GatherRows(dst, table []float32, ids []int32, dim int) {
	checkIDs("GatherRows", len(table), len(dst), ids, dim)
	Parallel(len(ids), rowGrain(dim), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			id := int(ids[i])
			copy(dst[i*dim:(i+1)*dim], table[id*dim:(id+1)*dim])
		}
	})
}

// ScatterAddRows adds rows to a table: dtable[ids[i]] += rows[i], in the order of i. It is the backward pass of an
// embedding. Workers share out the columns, so that an id that occurs twice needs no lock and keeps its order.
func ScatterAddRows(dtable, rows []float32, ids []int32, dim int) {
	checkIDs("ScatterAddRows", len(dtable), len(rows), ids, dim)
	Parallel(dim, 64, func(lo, hi int) {
		for i, id := range ids {
			d := dtable[int(id)*dim+lo : int(id)*dim+hi]
			active.add(d, d, rows[i*dim+lo:i*dim+hi])
		}
	})
}

func checkIDs(op string, table, rows int, ids []int32, dim int) {
	positive(op, "dim", dim)
	need(op, "the rows", rows, len(ids)*dim)
	for i, id := range ids {
		if id < 0 || (int(id)+1)*dim > table {
			fail(op, "id %d at %d is outside the table of %d rows", id, i, table/dim)
		}
	}
}

// AddRow adds one row to every row of a matrix in place: x[i][j] += row[j].
func AddRow(x, row []float32, rows, cols int) {
	checkRows("AddRow", rows, cols, len(x))
	same("AddRow", "row", len(row), cols)
	Parallel(rows, rowGrain(cols), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			active.add(x[i*cols:(i+1)*cols], x[i*cols:(i+1)*cols], row)
		}
	})
}

// SumRowsInto adds up the rows of a matrix: sum[j] += sum_i x[i][j], in the order of i. It is the backward pass of AddRow.
func SumRowsInto(sum, x []float32, rows, cols int) {
	checkRows("SumRowsInto", rows, cols, len(x))
	same("SumRowsInto", "sum", len(sum), cols)
	Parallel(cols, 64, func(lo, hi int) {
		for i := range rows {
			active.add(sum[lo:hi], sum[lo:hi], x[i*cols+lo:i*cols+hi])
		}
	})
}

// Transpose writes the rows x cols matrix src to dst as cols x rows. The two must not overlap.
func Transpose(dst, src []float32, rows, cols int) {
	checkRows("Transpose", rows, cols, len(dst), len(src))
	if rows == 0 || cols == 0 {
		return
	}
	// Strips of 32 rows of the source: whole cache lines of the destination.
	Parallel(rows, 32, func(lo, hi int) {
		active.tiles.transpose(&dst[lo], rows, &src[lo*cols], cols, hi-lo, cols)
	})
}
