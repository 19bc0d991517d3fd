package catalog

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Fold returns a word as it is compared: without spaces around it, with one form for each character (ＴＥＡ is TEA), in lower case.
func Fold(s string) string {
	// Lower case can bring new forms about, and normal forms new spaces.
	return strings.TrimSpace(norm.NFKC.String(strings.ToLower(norm.NFKC.String(s))))
}

func foldAll(words []string) []string {
	if len(words) == 0 {
		return nil
	}
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = Fold(w)
	}
	return out
}
