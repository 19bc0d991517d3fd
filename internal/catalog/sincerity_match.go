package catalog

import (
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// foldedText is a text as phrases are looked for in it: each character in one form and in lower case, spaces run together, and none beside Chinese
// and Japanese characters, where the end of a line stands for nothing.
type foldedText struct {
	text string
	// from is, for each byte of text, which character of the original (counted from 0) it comes from.
	from []int
	// pairs are the neighbouring bytes in the text: most phrases have some that it has not.
	pairs pairs
}

// pairs is a set of pairs of bytes, as a Bloom filter (Bloom 1970) with one hash: what is in it is found, and little else.
type pairs [16]uint64

func (p *pairs) add(text string) {
	for i := 1; i < len(text); i++ {
		word, bit := pair(text[i-1], text[i])
		p[word] |= bit
	}
}

// hasAll tells whether all of the others are in it.
func (p *pairs) hasAll(others *pairs) bool {
	for i := range p {
		if others[i]&^p[i] != 0 {
			return false
		}
	}
	return true
}

// fullest returns the word with the most pairs.
func (p *pairs) fullest() int {
	most := 0
	for i := range p {
		if bits.OnesCount64(p[i]) > bits.OnesCount64(p[most]) {
			most = i
		}
	}
	return most
}

func pair(a, b byte) (word int, bit uint64) {
	h := (uint(a)*37 + uint(b)) % (16 * 64)
	return int(h / 64), 1 << (h % 64) //nolint:gosec // below 16
}

// foldWords is foldText without from, which few texts are asked for.
func foldWords(s string) foldedText {
	f := folding{nowhere: true}
	f.b.Grow(len(s))
	for _, r := range norm.NFKC.String(s) {
		f.add(unicode.ToLower(r), 0)
	}
	out := foldedText{text: f.b.String()}
	out.pairs.add(out.text)
	return out
}

func foldText(s string) foldedText {
	var f folding
	var it norm.Iter
	it.InitString(norm.NFKC, s)
	char, begin := 0, 0
	for !it.Done() {
		char += utf8.RuneCountInString(s[begin:it.Pos()])
		begin = it.Pos()
		for _, r := range strings.ToLower(string(it.Next())) {
			f.add(r, char)
		}
	}
	out := foldedText{text: f.b.String(), from: f.from}
	out.pairs.add(out.text)
	return out
}

// folding puts a foldedText together.
type folding struct {
	b    strings.Builder
	from []int
	// nowhere tells that from is not asked for.
	nowhere bool
	last    rune
	// space is where one was read that is not yet written; -1: nowhere.
	space  int
	spaced bool
}

func (f *folding) add(r rune, from int) {
	if unicode.IsSpace(r) {
		if !f.spaced {
			f.spaced, f.space = true, from
		}
		return
	}
	if r == '’' {
		r = '\''
	}
	if f.spaced && f.b.Len() > 0 && !eastAsian(f.last) && !eastAsian(r) {
		f.write(' ', f.space)
	}
	f.spaced = false
	f.write(r, from)
}

func (f *folding) write(r rune, from int) {
	n, _ := f.b.WriteRune(r)
	f.last = r
	if f.nowhere {
		return
	}
	for range n {
		f.from = append(f.from, from)
	}
}

func eastAsian(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || r >= 0x3000 && r <= 0x303f
}

// spelt reports whether a character is part of words that spaces keep apart.
func spelt(r rune) bool {
	return unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic) || unicode.IsDigit(r)
}

// find returns where a phrase, folded and with # for amounts, next is in the text from a byte on; ok is false where it is not.
func (t *foldedText) find(phrase string, from int) (start, end int, ok bool) {
	head, _, _ := strings.Cut(phrase, "#")
	for from <= len(t.text) {
		if head != "" {
			i := strings.Index(t.text[from:], head)
			if i < 0 {
				return 0, 0, false
			}
			from += i
		}
		if end, ok := t.matches(phrase, from); ok && t.wholeWords(from, end) {
			return from, end, true
		}
		if from == len(t.text) {
			break
		}
		_, size := utf8.DecodeRuneInString(t.text[from:])
		from += size
	}
	return 0, 0, false
}

// matches reports whether the phrase is at a byte of the text, and where it ends.
func (t *foldedText) matches(phrase string, at int) (end int, ok bool) {
	for i, part := range strings.Split(phrase, "#") {
		if i > 0 {
			n := amount(t.text[at:])
			if n == 0 {
				return 0, false
			}
			at += n
		}
		if !strings.HasPrefix(t.text[at:], part) {
			return 0, false
		}
		at += len(part)
	}
	return at, true
}

// wholeWords reports whether no word goes on over the ends.
func (t *foldedText) wholeWords(start, end int) bool {
	before, _ := utf8.DecodeLastRuneInString(t.text[:start])
	first, _ := utf8.DecodeRuneInString(t.text[start:])
	last, _ := utf8.DecodeLastRuneInString(t.text[:end])
	after, _ := utf8.DecodeRuneInString(t.text[end:])
	goesOn := spelt(before) && spelt(first) || spelt(last) && spelt(after)
	return !goesOn
}

// maxDigits is how much of a number is read.
const maxDigits = 20

// amount returns how many bytes of a number, with a currency before it or not, a text begins with; 0: none.
func amount(text string) int {
	rest := strings.TrimLeft(text, " ")
	for _, c := range []string{"nt$", "us$", "hk$", "ntd", "twd", "usd", "hkd", "rmb", "jpy", "eur", "$", "€", "£", "¥", "nt"} {
		if strings.HasPrefix(rest, c) {
			rest = strings.TrimLeft(rest[len(c):], " ")
			break
		}
	}
	if n := number(rest); n > 0 {
		return len(text) - len(rest) + n
	}
	return 0
}

// number returns how many bytes of digits, Chinese ones too, a text begins with.
func number(text string) int {
	end, digits := 0, 0
	for i, r := range text {
		isDigit := unicode.IsDigit(r) || strings.ContainsRune("〇零一二三四五六七八九十百千萬万兩两", r)
		if digits > maxDigits || !isDigit && (digits == 0 || r != ',' && r != '.') {
			break
		}
		if isDigit {
			digits++
			end = i + utf8.RuneLen(r)
		}
	}
	return end
}
