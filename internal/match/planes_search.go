package match

// span are columns that a search ANDs, from begin to end among those of its barring.
type span struct{ begin, end int }

// planeAsked are the columns of one plane for a request: a row must be in any of them, or in all of any span of the search's barring.
type planeAsked struct {
	any  []uint32
	bars []span
}

func (s *search) beginPlanes() {
	s.barring = s.barring[:0]
	for i, c := range s.ix.free {
		p := &s.planes[i]
		p.any, p.bars = append(p.any[:0], s.ix.offset(c)), p.bars[:0]
	}
}

// inPlane chooses the column for the value of an attribute that is no list.
func (s *search) inPlane(p planeColumns, slot int) {
	any := &s.planes[p.plane].any
	*any = append(*any, s.ix.offset(p.column(slot)))
}

// listInPlanes chooses the columns for the words that were seen in a list.
func (s *search) listInPlanes(f *field) {
	for _, p := range f.planes {
		s.seen.each(func(slot int) { s.inPlane(p, slot) })
		if p.barring == none {
			continue
		}
		begin := len(s.barring)
		s.barring = append(s.barring, s.ix.offset(p.barring))
		s.seen.each(func(slot int) { s.barring = append(s.barring, s.ix.offset(p.allowing(slot))) })
		bars := &s.planes[p.plane].bars
		*bars = append(*bars, span{begin, len(s.barring)})
	}
}

// inPlanes removes the rows that have a clause which no column of the request answers, and returns some bits of those that are left.
func (s *search) inPlanes(left *[chunk]uint64, data []uint64, deep int) uint64 {
	for i := range s.planes[:deep] {
		p := &s.planes[i]
		var union [chunk]uint64
		orAll(&union, data, p.any)
		for _, bar := range p.bars {
			columns := s.barring[bar.begin:bar.end]
			allowed := [chunk]uint64(data[columns[0]:])
			andAll(&allowed, data, columns[1:])
			orInto(&union, allowed[:])
		}
		for i := range left {
			left[i] &= union[i]
		}
		if anyOf(left) == 0 {
			return 0
		}
	}
	return anyOf(left)
}
