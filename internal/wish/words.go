package wish

import (
	"slices"
	"strings"
)

// minPlural is the least length of an English word that is inflected: "tv" is, "a" is not.
const minPlural = 2

// words are the words of tags, each folded, with the tags that it stands for.
type words struct {
	trie *trie
	fold folder
	// tags and length are by number: the tags of a word, ascending, and its cells.
	tags   [][]int32
	length []int32
}

func newWords(h *han) *words { return &words{trie: newTrie(), fold: folder{han: h}} }

// add declares a word or phrase of a tag, with its plurals or singulars. What has nothing to compare, a space for instance, is left out.
func (w *words) add(tag int32, text string) {
	cells := w.fold.fold(text)
	if len(cells) == 0 {
		return
	}
	word := make([]rune, len(cells))
	for i, c := range cells {
		word[i] = c.r
	}
	w.put(tag, word)
	for _, form := range inflected(lastWord(word)) {
		w.put(tag, form.of(word))
	}
}

func (w *words) put(tag int32, word []rune) {
	n := w.trie.add(word, len(w.tags))
	if n == len(w.tags) {
		w.tags, w.length = append(w.tags, nil), append(w.length, int32(len(word))) //nolint:gosec // words are short
	}
	if !slices.Contains(w.tags[n], tag) {
		w.tags[n] = append(w.tags[n], tag)
	}
}

// lastWord is the English word that a phrase ends with, or nothing.
func lastWord(phrase []rune) string {
	if phrase[len(phrase)-1] != edgeRune {
		return ""
	}
	phrase = phrase[:len(phrase)-1]
	i := len(phrase)
	for i > 0 && phrase[i-1] >= 'a' && phrase[i-1] <= 'z' {
		i--
	}
	if i > 0 && phrase[i-1] != edgeRune {
		return "" // "4ever", "crème" in another script
	}
	return string(phrase[i:])
}

// form is another form of a word: so many letters cut off its end, and an ending added.
type form struct {
	cut    int
	ending string
}

func (f form) of(phrase []rune) []rune {
	out := slices.Clone(phrase[:len(phrase)-1-f.cut])
	return append(append(out, []rune(f.ending)...), edgeRune)
}

// inflected returns the plurals of an English word, and, as it may be one itself, its singulars. That one of them is no word does no harm.
func inflected(word string) []form {
	if len(word) < minPlural {
		return nil
	}
	return append(plurals(word), singulars(word)...)
}

func plurals(word string) []form {
	switch {
	case hisses(word):
		return []form{{0, "es"}}
	case strings.HasSuffix(word, "y") && !strings.ContainsAny(word[len(word)-2:len(word)-1], "aeiou"):
		return []form{{1, "ies"}}
	case strings.HasSuffix(word, "o"):
		return []form{{0, "s"}, {0, "es"}}
	}
	return []form{{0, "s"}}
}

func singulars(word string) []form {
	switch word {
	case "arms", "customs", "glasses", "goods", "news", "savings": // their singulars are something else
		return nil
	}
	if len(word) < minPlural+2 || !strings.HasSuffix(word, "s") || strings.HasSuffix(word, "ss") {
		return nil
	}
	out := []form{{1, ""}}
	if strings.HasSuffix(word, "ies") {
		out = append(out, form{3, "y"})
	}
	if stem, ok := strings.CutSuffix(word, "es"); ok && (hisses(stem) || strings.HasSuffix(stem, "o")) {
		out = append(out, form{2, ""})
	}
	return out
}

// hisses tells of a word that its plural is spelled with es.
func hisses(word string) bool {
	for _, end := range []string{"s", "x", "z", "ch", "sh"} {
		if strings.HasSuffix(word, end) {
			return true
		}
	}
	return false
}
