package match

import "github.com/surprise-service/surprised/internal/rule"

// field is an attribute with columns: one for each slot, of the rows that are true of it, may be, or do not ask. A list has others:
//
//	absent     rows that do not ask
//	unasked    rows that require none of the list's words
//	required   by slot: rows that require a word of it
//	forbidden  by slot: rows that do not forbid its words
//
// so that unasked OR required[a] OR required[b] is what a list of a and b leaves, AND forbidden[a] AND forbidden[b].
type field struct {
	*usage
	*slots
	// first is the column of slot 0, or none where only clauses ask for the attribute.
	first int
	// may are the slots of each predicate, yes or maybe, by its number. Of lists required and forbidden ones are here.
	may map[int32]bitset
	// forbids tells that the columns of forbidden words are there.
	requires, forbids bool
	// planes are the columns for clauses.
	planes []planeColumns
	// exact tells of predicates, by their numbers, that no slot is maybe.
	exact map[int32]bool
}

// none is the first column of what has no columns.
const none = -1

// newField makes the slots of an attribute. Checks are the asks that columns do not answer in full.
func newField(u *usage, preds []asked, budget int) (f *field, checks []ask) {
	f = &field{usage: u, slots: newSlots(u.attr.Kind, u.predicates(preds), budget), may: map[int32]bitset{}, exact: map[int32]bool{}}
	f.answer(u.asks, preds)
	for _, asks := range u.clauses {
		f.answer(asks, preds)
	}
	if u.attr.Kind == rule.Texts {
		return f, f.chooseRequired(preds)
	}
	for _, a := range u.asks {
		if !f.exact[a.pred] {
			checks = append(checks, a)
		}
	}
	return f, checks
}

// answer finds the slots of what is asked.
func (f *field) answer(asks []ask, preds []asked) {
	for _, a := range asks {
		if f.may[a.pred] != nil {
			continue
		}
		yes, maybe := f.answers(preds[a.pred].Predicate)
		f.exact[a.pred] = maybe.empty()
		if preds[a.pred].Test == rule.Disjoint {
			f.may[a.pred] = yes // only what is surely forbidden
			continue
		}
		for i := range yes {
			yes[i] |= maybe[i]
		}
		f.may[a.pred] = yes
	}
}

// slot returns that of what a request has of an attribute that is not a list.
func (f *field) slot(of *rule.Facts) int {
	switch f.kind {
	case rule.Text:
		if text, ok := f.attr.Text(of); ok {
			return f.ofText(text)
		}
	case rule.Double:
		if x, ok := f.attr.Double(of); ok {
			return f.ofDouble(x)
		}
	default:
		if x, ok := f.attr.Int(of); ok {
			return f.ofInt(x)
		}
	}
	return absent
}

// chooseRequired leaves each row one predicate for any of some words; the others of the row are checks.
func (f *field) chooseRequired(preds []asked) (checks []ask) {
	kept := f.asks[:0:0]
	last := int32(-1)
	for _, a := range f.asks {
		requires := preds[a.pred].Test == rule.Intersects
		if requires && a.row == last {
			checks = append(checks, a)
			continue
		}
		if requires {
			last, f.requires = a.row, true
		} else {
			f.forbids = true
		}
		kept = append(kept, a)
		if !f.exact[a.pred] {
			checks = append(checks, a)
		}
	}
	f.usage = &usage{attr: f.attr, asks: kept, clauses: f.clauses}
	return checks
}

// columns returns how many there are, without those for clauses.
func (f *field) columns() int {
	if len(f.asks) == 0 {
		return 0
	}
	n := f.count
	if f.attr.Kind == rule.Texts {
		n = 2
		if f.requires {
			n += f.count
		}
		if f.forbids {
			n += f.count
		}
	}
	return n
}

func (f *field) required(slot int) int { return f.first + 2 + slot }

func (f *field) forbidden(slot int) int {
	if f.requires {
		slot += f.count
	}
	return f.first + 2 + slot
}

// fill writes the columns of one block. Alive are its rows that are not dead.
func (f *field) fill(b block, preds []asked) {
	f.fillPlanes(b, preds)
	if f.first == none {
		return
	}
	asks := within(f.asks, b.from, b.to)
	unasking := b.column(f.first)
	copy(unasking, b.alive)
	for _, a := range asks {
		unasking.clear(int(a.row) - b.from)
	}
	if f.attr.Kind == rule.Texts {
		f.fillList(b, asks, preds)
		return
	}
	for slot := 1; slot < f.count; slot++ {
		copy(b.column(f.first+slot), unasking)
	}
	for len(asks) > 0 {
		row := asks[0].row
		may := f.may[asks[0].pred]
		for asks = asks[1:]; len(asks) > 0 && asks[0].row == row; asks = asks[1:] {
			may = and(may, f.may[asks[0].pred])
		}
		may.each(func(slot int) { b.column(f.first + slot).set(int(row) - b.from) })
	}
}

func and(a, b bitset) bitset {
	out := append(bitset(nil), a...)
	for i := range out {
		out[i] &= b[i]
	}
	return out
}

func (f *field) fillList(b block, asks []ask, preds []asked) {
	unasked := b.column(f.first + 1)
	copy(unasked, b.alive)
	if f.forbids {
		for slot := range f.count {
			copy(b.column(f.forbidden(slot)), b.alive)
		}
	}
	for _, a := range asks {
		row := int(a.row) - b.from
		if preds[a.pred].Test == rule.Intersects {
			unasked.clear(row)
			f.may[a.pred].each(func(slot int) { b.column(f.required(slot)).set(row) })
		} else {
			f.may[a.pred].each(func(slot int) { b.column(f.forbidden(slot)).clear(row) })
		}
	}
}

// block is one part of the bits while they are made.
type block struct {
	from, to int // rows
	words    int
	bits     []uint64
	alive    bitset
}

func (b block) column(c int) bitset { return b.bits[c*b.words : (c+1)*b.words] }
