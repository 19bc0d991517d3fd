package match

import (
	"math"
	"math/bits"

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
	ix    *Index
	query Query
	// The units from from to to are those of Matches.
	from, to int
	// all are offsets of the columns that a row must be in; of each group it must be in any.
	all    []uint32
	groups []anyGroup
	anyOf  []uint32
	stages []stageColumn
	value  rule.Value
	seen   bitset // slots of a list
	left   [blockUnits * chunk]uint64
	union  [blockUnits * chunk]uint64
	found  []Match
	answers
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
	s.query, s.from, s.to = q, 0, 0
	s.answers.begin(q)
	for _, stage := range q.Stages {
		p, ok := s.ix.stages[stage]
		s.stages = append(s.stages, stageColumn{s.ix.offset(p.column), p.factor, ok})
	}
	if !s.ix.channels.none {
		s.all = append(s.all, s.ix.offset(s.ix.channels.column(q.Channel)))
	}
	for _, f := range s.ix.fields {
		f.attr.Read(q.Facts, &s.value)
		if f.kind == rule.Texts {
			s.list(f)
		} else {
			s.all = append(s.all, s.ix.offset(f.first+f.of(&s.value)))
		}
	}
}

// offset returns where a column begins in a block.
func (ix *Index) offset(column int) uint32 { return uint32(column * ix.words) } //nolint:gosec // bounded by the memory for columns

// list chooses the columns for the words of a list.
func (s *search) list(f *field) {
	if s.value.Absent {
		s.all = append(s.all, s.ix.offset(f.first))
		return
	}
	s.seen = append(s.seen[:0], make(bitset, (f.count+63)/64)...)
	begin := len(s.anyOf)
	if f.requires {
		s.anyOf = append(s.anyOf, s.ix.offset(f.first+1))
	}
	for _, word := range s.value.Texts {
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
	left := s.left[:(s.to-s.from)*chunk]
	if s.atStages(left, data) && andAll(left, data, s.all) && s.inGroups(left, data) {
		return s.collect(left, data)
	}
	return true
}

// step returns the unit up to which a search goes on from another.
func (ix *Index) step(from int) int {
	if from < singly {
		return from + 1
	}
	return min(from+blockUnits, ix.units)
}

// data returns the bits of the columns from a unit on: column c begins at its offset.
func (ix *Index) data(unit int) []uint64 {
	inBlock := ix.words / chunk
	block := unit / inBlock
	return ix.bits[block*ix.columns*ix.words+unit%inBlock*chunk : (block+1)*ix.columns*ix.words]
}

func (s *search) done() bool { return s.query.Context != nil && s.query.Context.Err() != nil }

// atStages sets left to the rows that fit at any of the stages. It returns false where no stage is known.
func (s *search) atStages(left, data []uint64) bool {
	begun := false
	for _, st := range s.stages {
		switch {
		case !st.known:
		case begun:
			orInto(left, data, st.offset)
		default:
			copy(left, data[st.offset:])
			begun = true
		}
	}
	return begun
}

func (s *search) inGroups(left, data []uint64) bool {
	begin := 0
	for _, g := range s.groups {
		union := s.union[:len(left)]
		clear(union)
		for _, c := range s.anyOf[begin:g.end] {
			orInto(union, data, c)
		}
		andInto(left, union)
		begin = g.end
	}
	return true
}

// collect turns the bits that are left into matches. It returns false where the context ended it.
func (s *search) collect(left, data []uint64) bool {
	first := s.from * chunk
	for w, word := range left {
		if word == 0 {
			continue
		}
		rows := s.ix.rows[(first+w)*wordBits:][:wordBits]
		if len(s.stages) == 1 && word&s.ix.checked[first+w] == 0 {
			s.emitAll(rows, word)
			continue
		}
		for ; word != 0; word &= word - 1 {
			bit := bits.TrailingZeros64(word)
			at := s.stagesOf(data, w, bit)
			if s.ix.checked[first+w]>>bit&1 != 0 {
				at = s.check((first+w)*wordBits+bit, at)
			}
			if s.stopped {
				return false
			}
			if at != 0 {
				s.emit(&rows[bit], at)
			}
		}
	}
	return true
}

// emitAll adds the matches of a word at the only stage.
func (s *search) emitAll(rows []Match, word uint64) {
	for ; word != 0; word &= word - 1 {
		s.emit(&rows[bits.TrailingZeros64(word)&(wordBits-1)], 1)
	}
}

// stagesOf returns at which of the stages a row fits.
func (s *search) stagesOf(data []uint64, w, bit int) (at uint64) {
	for i, st := range s.stages {
		if st.known {
			at |= data[int(st.offset)+w] >> bit & 1 << i
		}
	}
	return at
}

// emit adds a match. The rows of a template follow each other.
func (s *search) emit(row *Match, at uint64) {
	if n := len(s.found); n > 0 && s.found[n-1].Template == row.Template {
		s.found[n-1].At |= at
		return
	}
	s.found = append(s.found, *row)
	s.found[len(s.found)-1].At = at
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
	clear(s.found[:cap(s.found)])
	s.query, s.value = Query{}, rule.Value{}
	s.all, s.groups, s.anyOf, s.stages, s.found = s.all[:0], s.groups[:0], s.anyOf[:0], s.stages[:0], s.found[:0]
	pool.Put(s)
}
