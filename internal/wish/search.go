package wish

// hit is where the word of a tag stands in a text.
type hit struct {
	found                    bool
	at, end, atByte, endByte int32
}

// search is what one match needs besides the matcher. All but cells is empty between two matches.
type search struct {
	folder
	// hits are by tag, the first of each; found are the tags that have one.
	hits  []hit
	found []int32
	// counts are the tags found of each template, and granting the templates that have some.
	counts   []int32
	granting []int32
}

// maxKept is the text in cells whose memory is kept for the next one.
const maxKept = 1 << 16

func (m *Matcher) newSearch() *search {
	return &search{folder: folder{han: m.han}, hits: make([]hit, len(m.tags)), counts: make([]int32, len(m.grants.templates))}
}

func (m *Matcher) search(text string) *search {
	s := m.scratch.Get().(*search)
	cells := s.fold(text)
	state := int32(0)
	for i := range cells {
		state = m.automaton.step(state, cells[i].r)
		at := state
		if m.automaton.word[at] < 0 {
			at = m.automaton.shorter[at]
		}
		for ; at != 0; at = m.automaton.shorter[at] {
			m.occurs(s, i, m.automaton.word[at])
		}
	}
	return s
}

func (m *Matcher) release(s *search) {
	for _, tag := range s.found {
		s.hits[tag] = hit{}
	}
	for _, template := range s.granting {
		s.counts[template] = 0
	}
	s.found, s.granting = s.found[:0], s.granting[:0]
	if cap(s.cells) <= maxKept {
		m.scratch.Put(s)
	}
}

// occurs takes a word that ends with a cell.
func (m *Matcher) occurs(s *search, last int, word int32) {
	first := last - int(m.wordLength[word]) + 1
	h, ok := span(s.cells, first, last)
	if !ok {
		return
	}
	for _, tag := range m.wordTags[word] {
		s.find(tag, h)
	}
}

// find keeps a hit if it is the first of its tag: of two that begin with the same character, the longer one.
func (s *search) find(tag int32, h hit) {
	before := &s.hits[tag]
	if !before.found {
		s.found = append(s.found, tag)
	} else if h.at > before.at || h.at == before.at && h.end <= before.end {
		return
	}
	h.found = true
	*before = h
}

// span is the part of the text that the cells from first to last stand for; false if it cuts a character in two.
func span(cells []cell, first, last int) (hit, bool) {
	if next := last + 1; next < len(cells) && cells[next].attached {
		return hit{}, false
	}
	if cells[first].kind == edge {
		first++
	}
	if cells[last].kind == edge {
		last--
	}
	a, b := &cells[first], &cells[last]
	return hit{at: a.at, atByte: a.atByte, end: b.end, endByte: b.endByte}, a.first && b.last
}
