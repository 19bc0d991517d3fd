package wish

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// snippets make texts in which words are whole, cut, doubled and in each other.
func snippets() []string {
	return []string{
		"a", "b", "ab", "ba", "aba", "bab", "abs", "bies", "s", "es", "y", " ", "  ", "\n", "-", ".", "'", "é", "e\u0301", "É", "ß", "ﬁ", "Ａ",
		"傘", "伞", "雨傘", "雨", "垫", "墊", "杯", "か", "ガ", "ｶ", "ﾞ", "\u3099", "ー", "ゃ", "ｷ", "㍿", "株", "㌔", "각", "가", "\u11a8",
		"🐕", "\ufe0f", "\u200d", "\u202e", "\xff", "เ", "้",
	}
}

// source draws texts of a few snippets only, so that words and texts meet.
type source struct {
	t     *rapid.T
	parts *rapid.Generator[string]
}

func newSource(t *rapid.T) source {
	from := rapid.SampledFrom([][]string{snippets(), {"傘", "雨"}, {"杯", "雨", "か"}, {"㍿", "株", "式", "会", "社"}}).Draw(t, "from")
	few := rapid.SliceOfN(rapid.SampledFrom(from), 1, 4).Draw(t, "parts")
	return source{t, rapid.SampledFrom(few)}
}

func (s source) text(label string, atMost int) string {
	return strings.Join(rapid.SliceOfN(s.parts, 1, atMost).Draw(s.t, label), "")
}

func (s source) words() [][]string {
	var words [][]string
	for tag := range rapid.IntRange(1, 5).Draw(s.t, "tags") {
		var list []string
		for w := range rapid.IntRange(1, 4).Draw(s.t, "words") {
			list = append(list, s.text(fmt.Sprintf("word %d.%d", tag, w), 5))
		}
		words = append(words, list)
	}
	return words
}

// compile names tags by number: their names are never found by chance.
func compile(words [][]string) *Matcher {
	var synonyms []string
	for tag, list := range words {
		synonyms = append(synonyms, fmt.Sprintf("tag_number_%d: %s", tag, strings.Join(list, ", ")))
	}
	return New(newCatalog(synonyms, nil))
}

// forms are the folded forms of the words of a tag.
func forms(m *Matcher, words []string) [][]rune {
	var out [][]rune
	f := folder{han: m.han}
	for _, w := range words {
		for _, w := range strings.Split(w, ", ") {
			word := runes(f.fold(w))
			if len(word) == 0 {
				continue
			}
			out = append(out, word)
			for _, form := range inflected(lastWord(word)) {
				out = append(out, form.of(word))
			}
		}
	}
	return out
}

func runes(cells []cell) []rune {
	var out []rune
	for _, c := range cells {
		out = append(out, c.r)
	}
	return out
}

// naive tries every word at every place.
func naive(cells []cell, words [][]rune) (first hit) {
	text := runes(cells)
	for i := range text {
		for _, word := range words {
			if len(word) > len(text)-i || !slices.Equal(text[i:i+len(word)], word) {
				continue
			}
			h, ok := span(cells, i, i+len(word)-1)
			h.found = true
			if ok && (!first.found || h.at < first.at || h.at == first.at && h.end > first.end) {
				first = h
			}
		}
	}
	return first
}

func TestMatcherAgreesWithANaiveOne(t *testing.T) {
	found := 0
	rapid.Check(t, func(t *rapid.T) {
		src := newSource(t)
		words, text := src.words(), src.text("text", 40)
		m := compile(words)
		s := m.search(text)
		defer m.release(s)
		for tag, list := range words {
			number := m.numbers[fmt.Sprintf("tag_number_%d", tag)]
			want := naive(s.cells, forms(m, list))
			if got := s.hits[number]; got != want {
				t.Fatalf("words %q in %q: got %+v, want %+v", list, text, got, want)
			}
			if want.found {
				found++
			}
		}
	})
	if found == 0 {
		t.Error("no word was ever found: the texts prove nothing")
	}
}

func TestWordsStandWhereTheMatchSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := newSource(t)
		words, text := src.words(), src.text("text", 40)
		m := compile(words)
		s := m.search(text)
		defer m.release(s)
		f := folder{han: m.han}
		for tag, list := range words {
			h := s.hits[m.numbers[fmt.Sprintf("tag_number_%d", tag)]]
			if !h.found {
				continue
			}
			written := text[h.atByte:h.endByte]
			if got := string([]rune(text)[h.at:h.end]); got != string([]rune(written)) {
				t.Fatalf("in %q: characters %d to %d are %q, bytes %d to %d %q", text, h.at, h.end, got, h.atByte, h.endByte, written)
			}
			alone := runes(f.fold(written))
			if !slices.ContainsFunc(forms(m, list), func(word []rune) bool { return slices.Equal(word, alone) }) {
				t.Fatalf("in %q: %q is none of the words %q", text, written, list)
			}
		}
	})
}

func TestFoldingTwiceChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := folder{han: newHan()}
		once := runes(f.fold(newSource(t).text("text", 20)))
		plain := slices.DeleteFunc(slices.Clone(once), func(r rune) bool { return r == edgeRune })
		twice := runes(f.fold(string(plain)))
		if !slices.Equal(once, twice) {
			t.Fatalf("folded %q, folded again %q", string(once), string(twice))
		}
	})
}

func FuzzTags(f *testing.F) {
	for _, seed := range append(snippets(), "我要雨伞 and <b>cake</b>", "\u202eumbrella\u2069", strings.Repeat("蛋糕", 100)) {
		f.Add(seed)
	}
	m := shop()
	f.Fuzz(func(t *testing.T, text string) {
		tags := m.Tags(text)
		if !slices.IsSorted(tags) {
			t.Errorf("tags are not in order: %q", tags)
		}
		characters := []rune(text)
		for _, match := range m.Match(text, 100) {
			for _, w := range match.GetWords() {
				if w.GetStart() < 0 || w.GetLength() < 1 || int(w.GetStart()+w.GetLength()) > len(characters) {
					t.Fatalf("%q has %d characters, and %v", text, len(characters), w)
				}
				if written := string(characters[w.GetStart() : w.GetStart()+w.GetLength()]); written != string([]rune(w.GetWord())) {
					t.Errorf("%q: %q stands there, not %q", text, written, w.GetWord())
				}
				if !slices.Contains(tags, w.GetTag()) {
					t.Errorf("%q: Match found %s, Tags %q", text, w.GetTag(), tags)
				}
			}
		}
		for _, line := range strings.Split(Isolate(text), "\n") {
			checkIsolated(t, line)
		}
		line := Line(text, 20)
		checkIsolated(t, line)
		if n := utf8.RuneCountInString(line); n > 22 {
			t.Errorf("Line(%q, 20) has %d characters", text, n)
		}
	})
}
