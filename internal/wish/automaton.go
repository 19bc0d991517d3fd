package wish

import "slices"

// automaton finds all declared words in one pass (Aho and Corasick, 1975), in time that does not grow with their number.
//
// A state is a beginning of words; state 0 is the empty one. It is immutable once built.
type automaton struct {
	// root says where the first characters lead, in pages: most characters of a text begin no word.
	root []*[pageSize]int32
	// The edges of a state are those from edges[state] to edges[state+1], in the order of their characters.
	edges   []int32
	runes   []rune
	targets []int32
	// fail is the longest other beginning that the state ends with, or 0.
	fail []int32
	// word is the word that ends here, or -1, and shorter the next state along fail with a word, or 0.
	word, shorter []int32
}

const pageSize = 256

func (a *automaton) first(r rune) int32 {
	if page := a.root[r/pageSize]; page != nil {
		return page[r%pageSize]
	}
	return 0
}

func (a *automaton) child(state int32, r rune) (int32, bool) {
	from, to := a.edges[state], a.edges[state+1]
	for to-from > 4 {
		if middle := (from + to) / 2; a.runes[middle] > r {
			to = middle
		} else {
			from = middle
		}
	}
	for ; from < to; from++ {
		if a.runes[from] == r {
			return a.targets[from], true
		}
	}
	return 0, false
}

// step leads from a state on, over the next character of a text.
func (a *automaton) step(state int32, r rune) int32 {
	for state != 0 {
		if next, ok := a.child(state, r); ok {
			return next
		}
		state = a.fail[state]
	}
	return a.first(r)
}

// trie is an automaton that is being built.
type trie struct {
	children []map[rune]int32
	word     []int32
}

func newTrie() *trie { return &trie{children: []map[rune]int32{nil}, word: []int32{-1}} }

// add returns the state of a word, and keeps the number that the word was first added with.
func (t *trie) add(word []rune, number int) int {
	state := int32(0)
	for _, r := range word {
		next, ok := t.children[state][r]
		if !ok {
			next = int32(len(t.word)) //nolint:gosec // a catalogue has less characters
			if t.children[state] == nil {
				t.children[state] = map[rune]int32{}
			}
			t.children[state][r] = next
			t.children, t.word = append(t.children, nil), append(t.word, -1)
		}
		state = next
	}
	if t.word[state] < 0 {
		t.word[state] = int32(number) //nolint:gosec // a catalogue has less words
	}
	return int(t.word[state])
}

func (t *trie) build() *automaton {
	n := len(t.word)
	a := &automaton{word: t.word, fail: make([]int32, n), shorter: make([]int32, n), edges: make([]int32, 0, n+1)}
	a.root = make([]*[pageSize]int32, edgeRune/pageSize+1)
	for _, children := range t.children {
		a.edges = append(a.edges, int32(len(a.runes))) //nolint:gosec // one for each state
		for _, r := range sortedRunes(children) {
			a.runes, a.targets = append(a.runes, r), append(a.targets, children[r])
		}
	}
	a.edges = append(a.edges, int32(len(a.runes))) //nolint:gosec // one for each state
	for r, state := range t.children[0] {
		a.setFirst(r, state)
	}
	a.link()
	return a
}

func sortedRunes(m map[rune]int32) []rune {
	out := make([]rune, 0, len(m))
	for r := range m {
		out = append(out, r)
	}
	slices.Sort(out)
	return out
}

func (a *automaton) setFirst(r rune, state int32) {
	page := &a.root[r/pageSize]
	if *page == nil {
		*page = new([pageSize]int32)
	}
	(*page)[r%pageSize] = state
}

// link sets fail and shorter, of short beginnings before longer ones.
func (a *automaton) link() {
	queue := slices.Clone(a.targets[:a.edges[1]])
	for len(queue) > 0 {
		state := queue[0]
		queue = queue[1:]
		for e := a.edges[state]; e < a.edges[state+1]; e++ {
			next := a.targets[e]
			f := a.step(a.fail[state], a.runes[e])
			a.fail[next], a.shorter[next] = f, f
			if a.word[f] < 0 {
				a.shorter[next] = a.shorter[f]
			}
			queue = append(queue, next)
		}
	}
}
