package wish

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// cell is one folded character, and the part of the text that it stands for. Edges and gaps have none: no word begins or ends with a gap.
type cell struct {
	r rune
	// at and end count code points, atByte and endByte bytes.
	at, end, atByte, endByte int32
	kind                     kind
	// first and last tell that it is the first and the last of what a character was decomposed into.
	first, last bool
	// attached ones belong to the cell before.
	attached bool
}

// edgeRune stands for an edge; no text has it.
const edgeRune = utf8.MaxRune + 1

// folder turns a text into cells. It is used for one text after another.
type folder struct {
	han   *han
	cells []cell
	// at and atByte say which character is folded, endByte where it ends, and from where its cells are.
	at, atByte, endByte int32
	from                int
	// gap tells of a blank since the last cell, which becomes a cell if something follows.
	gap bool
}

// fold returns the cells of a text; they are good until the next call.
//
//nolint:gosec // texts are far below 2 GiB
func (f *folder) fold(text string) []cell {
	f.cells, f.at, f.gap = f.cells[:0], 0, false
	for i := 0; i < len(text); f.at++ {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(text[i:])
		}
		f.atByte, f.endByte = int32(i), int32(i+size)
		f.source(r, text[i:i+size])
		i += size
	}
	f.closeRun()
	return f.cells
}

// source takes a character as written.
func (f *folder) source(r rune, bytes string) {
	f.from = -1
	switch {
	case r < utf8.RuneSelf, r >= firstHan && r <= lastHan, r >= 'ぁ' && r <= 'ゖ', r >= 'ァ' && r <= 'ヶ': // in one piece
		f.piece(r)
	case r >= 0xac00 && r <= 0xd7a3:
		f.hangul(r - 0xac00)
	case r == '゛', r == '゜':
		f.piece(r - '゛' + voiced)
	default:
		f.pieces(bytes, r)
	}
	if f.from >= 0 && f.from < len(f.cells) {
		f.cells[f.from].first, f.cells[len(f.cells)-1].last = true, true
	}
}

func (f *folder) pieces(bytes string, r rune) {
	decomposed := norm.NFKD.PropertiesString(bytes).Decomposition()
	if len(decomposed) == 0 {
		f.piece(r)
		return
	}
	for len(decomposed) > 0 {
		r, size := utf8.DecodeRune(decomposed)
		f.piece(r)
		decomposed = decomposed[size:]
	}
}

// hangul takes apart a syllable, as its number, by the arithmetic of the Unicode Standard, section 3.12.
func (f *folder) hangul(n rune) {
	const vowels, finals = 21, 28
	f.piece(0x1100 + n/(vowels*finals))
	f.piece(0x1161 + n%(vowels*finals)/finals)
	if final := n % finals; final > 0 {
		f.piece(0x11a7 + final)
	}
}

// piece takes a decomposed character.
func (f *folder) piece(r rune) {
	switch {
	case r >= 'a' && r <= 'z':
		f.add(r, spaced)
	case r >= firstHan && r <= lastHan:
		f.add(f.han.fold(r), running)
	case r >= 'ぁ' && r <= 'ゖ', r >= 'ァ' && r <= 'ヾ':
		f.add(hiragana(r), running)
	case r == voiced || r == semiVoiced:
		f.voice(r)
	case blank(r):
		f.gap = true
	default:
		f.rare(r)
	}
}

func (f *folder) rare(r rune) {
	if drop, belongs := dropped(r); drop {
		if belongs {
			f.extend()
		}
		return
	}
	r = unicode.ToLower(r)
	s := plain(r)
	if s == "" {
		f.add(r, kindOf(r))
	}
	for _, r := range s {
		f.add(r, kindOf(r))
	}
}

// voice joins a voicing mark with the kana before it; where there is none, the mark is dropped.
func (f *folder) voice(mark rune) {
	if n := len(f.cells); n > 0 && !f.gap {
		f.cells[n-1].r, _ = voice(f.cells[n-1].r, mark)
		f.extend()
	}
}

// extend makes the current character part of the cell before it.
func (f *folder) extend() {
	if n := len(f.cells); n > 0 && !f.gap {
		f.cells[n-1].end, f.cells[n-1].endByte = f.at+1, f.endByte
	}
}

func (f *folder) add(r rune, k kind) {
	c := cell{r: r, at: f.at, end: f.at + 1, atByte: f.atByte, endByte: f.endByte, kind: k}
	before := other
	if n := len(f.cells); n > 0 {
		before = f.cells[n-1].kind
	}
	c.attached = k != spaced && attaches(r)
	if c.attached && k == other { // a mark is of the kind of what it stands on
		c.kind = before
	}
	if f.gap {
		before = f.close(before, c.kind)
	}
	if (before == spaced) != (c.kind == spaced) {
		f.addEdge()
	}
	if f.from < 0 {
		f.from = len(f.cells)
	}
	f.cells = append(f.cells, c)
}

// close puts the gap between two cells, but not between scripts with and without spaces, where people write one or don't ("T 恤", "T恤").
func (f *folder) close(before, after kind) (last kind) {
	f.gap = false
	if len(f.cells) == 0 || before == spaced && after == running || before == running && after == spaced {
		return before
	}
	if before == spaced {
		f.addEdge()
	}
	f.cells = append(f.cells, cell{r: ' ', kind: other})
	return other
}

// closeRun ends a text that ends with a word.
func (f *folder) closeRun() {
	if n := len(f.cells); n > 0 && f.cells[n-1].kind == spaced {
		f.addEdge()
	}
}

func (f *folder) addEdge() {
	f.cells = append(f.cells, cell{r: edgeRune, kind: edge})
}
