package match

import (
	"math"

	"github.com/surprise-service/surprised/internal/catalog"
	"github.com/surprise-service/surprised/internal/rule"
)

// Search implements Matcher. It allocates nothing once the index has been searched before. Requests so large that a rule may reach the limit of
// its cost are left to the scan: what such a rule is depends on more than its predicates.
func (ix *Index) Search(q Query) Search {
	if q.Facts.Oversize() {
		return ix.scan.Search(q)
	}
	s, ok := ix.pool.Get().(*search)
	if !ok {
		s = &search{answers: newAnswers(ix.checks)}
	}
	s.ix, s.checks = ix, ix.checks
	s.begin(q)
	return s
}

// search is one search. It is used again once closed.
type search struct {
	ix *Index
	// The units from from to to are those of Matches.
	from, to int
	// all are offsets of the columns that a row must be in; of each group it must be in any.
	all    []uint32
	groups []anyGroup
	anyOf  []uint32
	stages []stageColumn
	seen   bitset // slots of a list
	left   [blockUnits * chunk]uint64
	picked picked
	found  []Match
	// anywhere tells that any of the stages is one of the catalogue, inTurn that all are, one after the other from that of the first column on.
	anywhere, inTurn bool
	first            int
	// most is how many matches any block had.
	most int
	answers
	// planes are the columns of each plane, of which a row must be in any.
	planes [maxPlanes]planeAsked
	// barring are columns of planes, those of each span together.
	barring []uint32
}

// anyGroup is a part of anyOf, by its end.
type anyGroup struct{ end int }

type stageColumn struct {
	offset uint32
	factor int
	known  bool
}

func (s *search) begin(q Query) {
	q.Stages = q.Stages[:min(len(q.Stages), MaxStages)]
	s.from, s.to, s.most = 0, 0, 0
	s.answers.begin(q)
	s.beginStages(q.Stages)
	if !s.ix.channels.none {
		s.all = append(s.all, s.ix.offset(s.ix.channels.column(q.Channel)))
	}
	if len(s.ix.free) > 0 {
		s.beginPlanes()
	}
	for _, f := range s.ix.fields {
		switch {
		case f.kind == rule.Texts:
			s.list(f)
		case len(f.planes) > 0:
			s.scalar(f)
		default:
			s.all = append(s.all, s.ix.offset(f.first+f.slot(q.Facts)))
		}
	}
}

// scalar chooses the columns for the value of an attribute that is no list, and that clauses ask for.
func (s *search) scalar(f *field) {
	slot := f.slot(s.query.Facts)
	if f.first != none {
		s.all = append(s.all, s.ix.offset(f.first+slot))
	}
	if slot == absent {
		return
	}
	for _, p := range f.planes {
		s.inPlane(p, slot)
	}
}

func (s *search) beginStages(stages []*catalog.Stage) {
	s.anywhere, s.inTurn = false, true
	for i, stage := range stages {
		p, ok := s.ix.place(stage)
		s.stages = append(s.stages, stageColumn{s.ix.offset(p.column), p.factor, ok})
		s.anywhere = s.anywhere || ok
		if i == 0 {
			s.first = p.column
		}
		s.inTurn = s.inTurn && ok && p.column == s.first+i && p.column < wordBits
	}
	if len(s.stages) == 1 {
		s.all = append(s.all, s.stages[0].offset)
	}
}

// offset returns where a column begins in a block.
func (ix *Index) offset(column int) uint32 { return uint32(column * ix.words) } //nolint:gosec // bounded by the memory for columns

// list chooses the columns for the words of a list.
func (s *search) list(f *field) {
	words, ok := f.attr.Texts(s.query.Facts)
	if !ok && f.first != none {
		s.all = append(s.all, s.ix.offset(f.first))
	}
	if !ok {
		return
	}
	s.seen = append(s.seen[:0], make(bitset, (f.count+63)/64)...)
	begin := len(s.anyOf)
	if f.requires {
		s.anyOf = append(s.anyOf, s.ix.offset(f.first+1))
	}
	for _, word := range words {
		slot := int(f.words.get(word))
		if slot == unknown || s.seen.has(slot) {
			continue
		}
		s.seen.set(slot)
		if f.requires {
			s.anyOf = append(s.anyOf, s.ix.offset(f.required(slot)))
		}
		if f.forbids {
			s.all = append(s.all, s.ix.offset(f.forbidden(slot)))
		}
	}
	if len(f.planes) > 0 {
		s.listInPlanes(f)
	}
	switch len(s.anyOf) - begin {
	case 0:
	case 1:
		s.all = append(s.all, s.anyOf[begin])
		s.anyOf = s.anyOf[:begin]
	default:
		s.groups = append(s.groups, anyGroup{len(s.anyOf)})
	}
}

// Next implements Search.
func (s *search) Next() bool {
	s.found = s.found[:0]
	if s.to == s.ix.units || s.done() {
		return false
	}
	s.from, s.to = s.to, s.ix.step(s.to)
	data := s.ix.data(s.from)
	left, any := s.left[:(s.to-s.from)*chunk], uint64(0)
	if !s.anywhere {
		return true
	}
	for at := 0; at+chunk <= len(left); at += chunk {
		any |= s.unit((*[chunk]uint64)(left[at:]), data[at:], s.ix.deep[s.from+at/chunk])
	}
	return any == 0 || s.collect(left, data)
}

// unit sets left to the rows of one unit that the columns leave over, and returns some bits of them. Deep is how many planes the unit has.
func (s *search) unit(left *[chunk]uint64, data []uint64, deep uint8) uint64 {
	columns := s.all
	if len(s.stages) > 1 {
		s.atStages(left, data)
	} else {
		*left, columns = [chunk]uint64(data[columns[0]:]), columns[1:]
	}
	if andAll(left, data, columns) == 0 {
		return 0
	}
	if deep > 0 && s.inPlanes(left, data, int(deep)) == 0 {
		return 0
	}
	return s.inGroups(left, data)
}

// data returns the bits of the columns from a unit on: column c begins at its offset.
func (ix *Index) data(unit int) []uint64 {
	inBlock := ix.words / chunk
	block := unit / inBlock
	return ix.bits[block*ix.columns*ix.words+unit%inBlock*chunk : (block+1)*ix.columns*ix.words]
}

func (s *search) done() bool { return s.query.Context != nil && s.query.Context.Err() != nil }

// atStages sets left to the rows that fit at any of the stages.
func (s *search) atStages(left *[chunk]uint64, data []uint64) {
	*left = [chunk]uint64{}
	for _, st := range s.stages {
		if st.known {
			orInto(left, data[st.offset:])
		}
	}
}

func (s *search) inGroups(left *[chunk]uint64, data []uint64) uint64 {
	begin := 0
	for _, g := range s.groups {
		var union [chunk]uint64
		for _, c := range s.anyOf[begin:g.end] {
			orInto(&union, data[c:])
		}
		for i := range left {
			left[i] &= union[i]
		}
		begin = g.end
	}
	return anyOf(left)
}

// stagesOf returns at which of the stages a row fits.
func (s *search) stagesOf(data []uint64, row int, found *Match) (at uint64) {
	if s.inTurn {
		return found.At >> s.first & (1<<len(s.stages) - 1)
	}
	for i, st := range s.stages {
		if st.known {
			at |= data[int(st.offset)+row>>6] >> (row & 63) & 1 << i
		}
	}
	return at
}

// Ceiling implements Search.
func (s *search) Ceiling(i int) float64 {
	if i >= len(s.stages) || !s.stages[i].known {
		return math.Inf(-1)
	}
	return s.ix.top[s.stages[i].factor][s.from]
}

// Seen implements Search.
func (s *search) Seen() int {
	if s.to == 0 {
		return 0
	}
	return s.ix.seen[s.to-1]
}

// Matches implements Search.
func (s *search) Matches() []Match { return s.found }

// Close implements Search. A search in the pool holds nothing of a catalogue that may be replaced meanwhile.
func (s *search) Close() {
	s.end()
	pool := s.ix.pool
	s.ix, s.checks = nil, nil
	clear(s.found[:s.most])
	s.all, s.groups, s.anyOf, s.stages, s.found = s.all[:0], s.groups[:0], s.anyOf[:0], s.stages[:0], s.found[:0]
	pool.Put(s)
}
