package card

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

var (
	update = flag.Bool("update", false, "write what is got as what is wanted")
	// The style is in its own file already.
	style  = regexp.MustCompile(`(?s)<style>.*?</style>`)
	policy = regexp.MustCompile(`sha256-.*?&#39;`)
)

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

func bare(page string) string {
	return policy.ReplaceAllString(style.ReplaceAllString(page, "<style></style>"), "sha256-")
}

func TestGolden(t *testing.T) {
	cat := load(t)
	for locale, tag := range []string{"en", "zh-Hant"} {
		for _, kind := range kinds() {
			t.Run(kind+"/"+tag, func(t *testing.T) {
				c := Build(input(cat, kind, locale))
				if c.GetLocale() != tag {
					t.Fatalf("locale %s, want %s", c.GetLocale(), tag)
				}
				golden(t, kind+"."+tag+".txt", Text(c, 42))
				page, err := HTML(c, surprisev1.CardFormat_A6)
				if err != nil {
					t.Fatal(err)
				}
				golden(t, kind+"."+tag+".html", bare(page))
			})
		}
		t.Run("shelf/"+tag, func(t *testing.T) {
			s, err := Shelf(cat, "harbour", locale)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "shelf."+tag+".txt", ShelfText(s, 42))
			page, err := ShelfHTML(s, surprisev1.CardFormat_A6)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "shelf."+tag+".html", bare(page))
		})
	}
}
