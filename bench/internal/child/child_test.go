package child

import (
	"strings"
	"testing"
)

func TestUnknownChild(t *testing.T) {
	for args, want := range map[string]string{
		"":           "child: name a kind of child",
		"nobody":     `child: no kind "nobody" with 0 arguments`,
		"redis only": `child: no kind "redis" with 1 arguments`,
	} {
		if err := Run(strings.Fields(args), strings.NewReader(""), nil); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", args, err, want)
		}
	}
}
