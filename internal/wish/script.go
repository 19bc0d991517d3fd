package wish

import "unicode"

// kind is how the words of a script are told apart.
type kind uint8

const (
	// other is what stands between words: spaces, punctuation, symbols, emoji.
	other kind = iota
	// spaced characters are those of scripts that put spaces between words: a declared word matches whole words only.
	spaced
	// running characters are those of scripts that don't, and of Korean, which adds its particles to the word.
	running
	// edge is no character: it stands where a run of spaced ones begins or ends.
	edge
)

// kindOf takes a folded character.
func kindOf(r rune) kind {
	switch {
	case r < 0x80:
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return spaced
		}
		return other
	case unspaced(r):
		return running
	case unicode.IsLetter(r) || unicode.IsNumber(r):
		return spaced
	}
	return other
}

func unspaced(r rune) bool {
	switch {
	case r < 0x0e00:
		return false
	case r >= firstHan && r <= lastHan, r >= 0x3041 && r <= 0x318f, r >= 0x31a0 && r <= 0x31ff: // Han; kana, Bopomofo; their extensions
		return true
	case r == '々', r == '〇', r >= 0x20000 && r <= 0x3ffff: // rare Han
		return true
	}
	return r < 0x0f00 || // Thai, Lao
		r >= 0x1000 && r <= 0x109f || r >= 0x1780 && r <= 0x17ff || // Burmese, Khmer
		r >= 0x1100 && r <= 0x11ff // Korean
}

// Kana in Unicode: a voiced or small one stands beside its own, and katakana 0x60 after hiragana.
const (
	voiced, semiVoiced = '\u3099', '\u309a'
	kanaDistance       = 0x60
)

func hiragana(r rune) rune {
	if r >= 'ァ' && r <= 'ヶ' || r == 'ヽ' || r == 'ヾ' {
		return r - kanaDistance
	}
	return r
}

// voice joins a hiragana and the voicing mark after it.
func voice(r, mark rune) (rune, bool) {
	ha := r >= 'は' && r <= 'ほ' && (r-'は')%3 == 0
	switch {
	case ha && mark == semiVoiced:
		return r + 2, true
	case mark == semiVoiced:
		return r, false
	case ha, r == 'ゝ':
		return r + 1, true
	case r == 'う':
		return 'ゔ', true
	case r >= 'か' && r <= 'ぢ' && (r-'か')%2 == 0, r == 'つ', r == 'て', r == 'と':
		return r + 1, true
	}
	return r, false
}

// attaches tells of a folded character that it belongs to the one before it: a word that ends between them was cut.
func attaches(r rune) bool {
	switch r {
	case 'ー', 'ゃ', 'ゅ', 'ょ':
		return true
	}
	return r >= 0x1160 && r <= 0x11ff /* Korean vowels and finals */ || r > 0x02ff && unicode.IsMark(r)
}

// dropped tells of a decomposed character that it says nothing about the word, and whether it belongs to the character before it.
func dropped(r rune) (drop, belongs bool) {
	switch {
	case r < 0x80:
		return false, false
	case r >= 0x0300 && r <= 0x036f, r >= 0x1ab0 && r <= 0x1aff, r >= 0x1dc0 && r <= 0x1dff, r >= 0x20d0 && r <= 0x20ff, r >= 0xfe20 && r <= 0xfe2f:
		return true, true // accents
	case r >= 0x0591 && r <= 0x05c7 && unicode.IsMark(r), r >= 0x064b && r <= 0x065f, r == 0x0670:
		return true, true // vowel points of Hebrew and Arabic
	case unicode.Is(unicode.Variation_Selector, r), r >= 0x1f3fb && r <= 0x1f3ff:
		return true, true // forms and skin tones
	}
	return unicode.Is(unicode.Cf, r), false
}

// plain spells out what Unicode doesn't decompose. It takes a lower-case character.
func plain(r rune) string {
	switch r {
	case 'ß':
		return "ss"
	case 'æ':
		return "ae"
	case 'œ':
		return "oe"
	case 'ø':
		return "o"
	case 'ł':
		return "l"
	case 'đ':
		return "d"
	case 'ı':
		return "i"
	case 'ς':
		return "σ"
	case '’', '‘', 'ʼ', '`':
		return "'"
	}
	return ""
}

// blank tells of what may stand between the words of a phrase. A gift-card is a gift card, and so is a #gift_card.
func blank(r rune) bool {
	switch r {
	case '-', '_', '‐', '‑':
		return true
	}
	return unicode.IsSpace(r)
}
