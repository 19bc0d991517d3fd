// Package wish tells which templates grant a wish that a customer wrote, and by which of its words.
//
// A template names the tags that it grants, the catalogue names the words that stand for a tag, in as many languages as it likes, and the tag
// is itself an English word. Words and wishes are compared in one folded form, so that a word needs to be declared once: case, width, accents,
// Traditional and Simplified characters, hiragana and katakana make no difference. Words of scripts that put spaces between words are found as
// whole words, in the singular and the plural; Chinese, Japanese, Korean and Thai ones wherever they are written, for finding words in those takes
// a dictionary: 傘 is found in 雨傘, and in 陽傘 too. What isn't wanted there must be declared more closely.
//
// Words are all that is understood. "No umbrella, please" is about an umbrella, and it is people who read the wish before they grant it.
package wish

import (
	"maps"
	"slices"
	"strings"
	"sync"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/catalog"
)

// Matcher matches wishes with the templates of one catalogue. It is immutable and safe for concurrent use.
type Matcher struct {
	automaton *automaton
	// wordTags and wordLength are by the automaton's numbers of words: the tags of each, and its cells.
	wordTags   [][]int32
	wordLength []int32
	// tags are in order; a tag's number is its place here.
	tags    []string
	numbers map[string]int32
	grants  grants
	han     *han
	scratch sync.Pool // of *search
}

// New makes the matcher of a catalogue. It takes some milliseconds, and some megabytes for a catalogue of thousands of words.
func New(cat *catalog.Catalog) *Matcher {
	m := &Matcher{han: newHan()}
	m.nameTags(cat)
	w := newWords(m.han)
	for n, tag := range m.tags {
		w.add(int32(n), strings.ReplaceAll(tag, "_", " ")) //nolint:gosec // a catalogue has less tags
	}
	for _, s := range cat.Source.GetWishes().GetSynonyms() {
		for _, word := range s.GetWords() {
			w.add(m.numbers[s.GetTag()], word)
		}
	}
	m.automaton, m.wordTags, m.wordLength = w.trie.build(), w.tags, w.length
	m.grants = newGrants(cat.Templates, m.numbers)
	m.scratch.New = func() any { return m.newSearch() }
	return m
}

func (m *Matcher) nameTags(cat *catalog.Catalog) {
	m.numbers = map[string]int32{}
	for _, s := range cat.Source.GetWishes().GetSynonyms() {
		m.numbers[s.GetTag()] = 0
	}
	for _, t := range cat.Templates {
		for _, tag := range t.Source.GetGrants() {
			m.numbers[tag] = 0
		}
	}
	m.tags = slices.Sorted(maps.Keys(m.numbers))
	for n, tag := range m.tags {
		m.numbers[tag] = int32(n) //nolint:gosec // a catalogue has less tags
	}
}

// Tags returns the tags found in a text, in order, those that no template grants included.
func (m *Matcher) Tags(text string) []string {
	s := m.search(text)
	defer m.release(s)
	slices.Sort(s.found)
	out := make([]string, len(s.found))
	for i, tag := range s.found {
		out[i] = m.tags[tag]
	}
	return out
}

// Match returns the templates that grant at least one tag found in a text, the best first, at most n: those with more of the tags, then those with
// rarer ones, which fewer templates grant, then by id. Each says its words in the order of the text, one for each tag: the first, and of several
// that begin there the longest.
func (m *Matcher) Match(text string, n int) []*surprisev1.WishMatch {
	s := m.search(text)
	defer m.release(s)
	best := m.best(s, n)
	out := make([]*surprisev1.WishMatch, len(best))
	for i, template := range best {
		out[i] = m.explain(s, template, text)
	}
	return out
}

// MatchTags is Match for tags that were found before, by this catalogue or another; tags that are not of this one count for nothing. It returns all
// templates, with words that say only the tag, in the order of tags.
func (m *Matcher) MatchTags(tags []string) []*surprisev1.WishMatch {
	s := m.scratch.Get().(*search)
	defer m.release(s)
	for _, tag := range tags {
		if number, ok := m.numbers[tag]; ok {
			s.find(number, hit{})
		}
	}
	best := m.best(s, len(m.grants.templates))
	out := make([]*surprisev1.WishMatch, len(best))
	for i, template := range best {
		out[i] = m.explain(s, template, "")
	}
	return out
}

func (m *Matcher) explain(s *search, template int32, text string) *surprisev1.WishMatch {
	t := &m.grants.templates[template]
	out := &surprisev1.WishMatch{Template: t.id}
	for _, tag := range t.tags {
		if h := s.hits[tag]; h.found {
			word := &surprisev1.MatchedWord{Tag: m.tags[tag], Word: text[h.atByte:h.endByte], Start: h.at, Length: h.end - h.at}
			out.Words = append(out.Words, word)
		}
	}
	slices.SortFunc(out.Words, inText)
	out.Tags = int32(len(out.Words)) //nolint:gosec // a template has less tags
	return out
}

func inText(a, b *surprisev1.MatchedWord) int {
	if a.Start != b.Start {
		return int(a.Start - b.Start)
	}
	return strings.Compare(a.Tag, b.Tag)
}
