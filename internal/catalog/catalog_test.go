package catalog

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write what is got as what is wanted")

// TestGolden loads each folder of testdata: good_ ones load, busted_ ones have exactly the problems in their want.txt.
func TestGolden(t *testing.T) {
	dirs, err := filepath.Glob("testdata/*")
	if err != nil || len(dirs) == 0 {
		t.Fatal("no golden cases", err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			cat, problems, err := LoadDir(os.DirFS(dir))
			if err != nil {
				t.Fatal(err)
			}
			if good := strings.HasPrefix(filepath.Base(dir), "good_"); good != (cat != nil) {
				t.Errorf("loaded: %v, want %v", cat != nil, good)
			}
			compareFile(t, filepath.Join(dir, "want.txt"), problems.Error()+"\n")
		})
	}
}

func compareFile(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); d != "" {
		t.Errorf("problems (-want +got):\n%s", d)
	}
}

func TestFolders(t *testing.T) {
	for name, tc := range map[string]struct {
		fs   fstest.MapFS
		want string
	}{
		"empty":        {fstest.MapFS{}, "has no .yaml files"},
		"nothing ours": {fstest.MapFS{"README.md": {}, ".hidden.yaml": {}, ".git/x.yaml": {}}, "has no .yaml files"},
	} {
		if _, _, err := LoadDir(tc.fs); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want %q", name, err, tc.want)
		}
	}
	_, problems, err := LoadDir(fstest.MapFS{"big.yaml": {Data: []byte("# " + strings.Repeat("x", MaxFileSize))}})
	if err != nil || !problems.HasErrors() || !strings.Contains(problems.Error(), "split it") {
		t.Errorf("a huge file: got %v, %v", problems, err)
	}
}

func load(t *testing.T, files ...string) *Catalog {
	t.Helper()
	var in []File
	for i, f := range files {
		in = append(in, File{Name: string(rune('a'+i)) + ".yaml", Data: []byte(f)})
	}
	cat, problems := Load(in)
	if cat == nil {
		t.Fatal(problems)
	}
	return cat
}

const shopYAML = `
default_locale: en
time_zone: Asia/Taipei
journeys: [{id: visit, stages: [{id: till, role: PEAK, weight: 2}, {id: door, role: END}]}]
`

const noteYAML = `
templates:
  - id: note
    kind: NOTE
    stages: [till]
    channels: [POS]
    levels:
      - {id: card, value: 10}
      - {id: gold, value: 20, texts: {zh-Hant: {title: 金卡}}}
    texts:
      en: {title: A note, message: "For {name|you} at {store|our shop}", card: {steps: [smile]}}
      zh-Hant: {title: 卡片, message: "給{name|您}"}
`

const cakeYAML = `
templates:
  - id: cake
    kind: CAKE
    levels: [{id: small, value: 10}]
    texts: {en: {title: Cake, message: m}, ja: {title: ケーキ, message: m}}
`

func TestLocales(t *testing.T) {
	cat := load(t, shopYAML, noteYAML, cakeYAML)
	note, cake := cat.Template("note"), cat.Template("cake")
	for _, tc := range []struct {
		asked, preferred string
		wantNote, wantOn string
	}{
		{"", "", "A note", "Cake"},
		{"en-GB", "", "A note", "Cake"},
		{"zh-TW", "", "卡片", "Cake"},
		{"", "zh-Hant-HK", "卡片", "Cake"},
		{"ja-JP", "zh-TW", "A note", "ケーキ"},
		{"fr", "", "A note", "Cake"},
		{"!!", "zh-Hant", "卡片", "Cake"},
		{"", "zh-Hant-HK", "卡片", "Cake"},
	} {
		i := cat.MatchLocale(tc.asked, tc.preferred)
		if got := note.Levels[0].Text(i).Title.Fill(Words{}); got != tc.wantNote {
			t.Errorf("note in %q, %q: got %q, want %q", tc.asked, tc.preferred, got, tc.wantNote)
		}
		if got := cake.Levels[0].Text(i).Title.Fill(Words{}); got != tc.wantOn {
			t.Errorf("cake in %q, %q: got %q, want %q", tc.asked, tc.preferred, got, tc.wantOn)
		}
	}
	gold := note.Level("gold").Text(cat.MatchLocale("zh-TW", ""))
	if gold.Title.Fill(Words{}) != "金卡" || gold.Message.Fill(Words{Name: "美"}) != "給美" {
		t.Errorf("a level's own title with the template's message: got %q, %q", gold.Title.Fill(Words{}), gold.Message.Fill(Words{Name: "美"}))
	}
	if got := note.Levels[0].Text(0).Message.Fill(Words{Store: "taipei-1"}); got != "For you at taipei-1" {
		t.Errorf("got %q", got)
	}
}

func TestRevisionIgnoresFilesAndOrder(t *testing.T) {
	a, b := load(t, shopYAML, noteYAML, cakeYAML), load(t, cakeYAML, shopYAML, noteYAML)
	if a.Revision != b.Revision || a.Revision == "" {
		t.Errorf("got %q and %q, want the same", a.Revision, b.Revision)
	}
	if c := load(t, shopYAML, noteYAML); c.Revision == a.Revision {
		t.Error("another content has the same revision")
	}
}

func TestStagesAndChannels(t *testing.T) {
	cat := load(t, shopYAML, noteYAML)
	j := cat.Journey("")
	till, door := j.Stage("till"), j.Stage("door")
	if till.Factor != 3 || door.Factor != 1.3 {
		t.Errorf("factors: got %v and %v, want 2 * 1.5 and 1 * 1.3", till.Factor, door.Factor)
	}
	note := cat.Template("note")
	if !note.OnStage(till) || note.OnStage(door) || !note.OnChannel(1) || note.OnChannel(2) {
		t.Error("the note is for the till on POS only")
	}
}
