package match

import "slices"

// Stats tells how large an index is.
type Stats struct {
	// Templates, and the Rows that their rules became; DeadRows fill blocks up.
	Templates, Rows, DeadRows, Blocks int
	// Attributes are those that have Columns, together with stages and channels.
	Attributes, Columns int
	// Planes answer clauses: ClausedRows are the rows that have any.
	Planes, ClausedRows int
	// Bytes are those of the columns.
	Bytes int
	// CheckedRows ask questions beyond the columns, OpaqueRows some of them to CEL. Checks counts all such questions, Questions the different ones.
	CheckedRows, OpaqueRows, Checks, Questions int
}

// Stats returns how large the index is.
func (ix *Index) Stats() Stats {
	out := Stats{
		Templates: ix.seen[ix.units-1], Blocks: ix.blocks, Attributes: len(ix.fields), Columns: ix.columns, Bytes: 8 * len(ix.bits),
		Planes: len(ix.free), ClausedRows: ix.claused, Checks: len(ix.list), Questions: len(ix.questions),
	}
	for row, m := range ix.rows {
		if m.Template == nil {
			out.DeadRows++
			continue
		}
		out.Rows++
		asked := ix.list[ix.start[row]:ix.start[row+1]]
		if len(asked) > 0 {
			out.CheckedRows++
		}
		if slices.ContainsFunc(asked, func(q int32) bool { return ix.questions[q].rank >= rankOpaque }) {
			out.OpaqueRows++
		}
	}
	return out
}
