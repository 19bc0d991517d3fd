package catalog

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"

	"github.com/surprise-service/surprised/internal/surprise"
)

func newTestParser(t testing.TB) *parser {
	t.Helper()
	v, err := protovalidate.New()
	if err != nil {
		t.Fatal(err)
	}
	return newParser(v, surprise.NewSpeller(maxHints))
}

// What is read once is what would be read in two steps.
func TestSoundFilesAreReadOnce(t *testing.T) {
	r := newTestParser(t)
	data := []byte(shopYAML + "# ... and --- in the middle of a line are nothing\n")
	f := newFile("a.yaml", data)
	if r.parseSound(f, data) == nil {
		t.Fatal("a sound file is not read at once")
	}
	slow, ps := r.parseFile("a.yaml", append(data, "\n...\n"...))
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	if !proto.Equal(f.msg, slow.msg) || !reflect.DeepEqual(f.root, slow.root) {
		t.Errorf("read at once %v, in two steps %v", f.msg, slow.msg)
	}
}

func TestUnsoundFilesAreReadTwice(t *testing.T) {
	r := newTestParser(t)
	for _, bad := range []string{
		"name: a\n---\nname: b\n", "name: a\r---\rname: b\r", "name: a\u0085---\u0085name: b", "name: a\n...\n---\nname: b\n", "name: &x a\n", "name: *x\n",
		"name: a\nname: b\n", "[]\n", "", "# nothing\n", "nope: 1\n", "name: [1]\n", "stores: &s []\n", "currency: nope\n",
	} {
		f := newFile("a.yaml", []byte(bad))
		if r.parsePlain(f) {
			t.Errorf("%q is taken for plain", bad)
		}
		if r.parseSound(f, []byte(bad)) != nil {
			t.Errorf("%q is taken for sound", bad)
		}
	}
}

// Templates are compiled by many at once; what is found is told in their order, each time the same.
func TestManyTemplatesKeepTheirOrder(t *testing.T) {
	var b strings.Builder
	b.WriteString(shopYAML + "\ntemplates:\n")
	for i := range 3 * share {
		fmt.Fprintf(&b, "  - {id: t%05d, kind: GIFT, rule: customer.nope == %d, levels: [{id: a, value: 1}], texts: {en: {title: t, message: m}}}\n", i, i)
		if i%share == 0 {
			fmt.Fprintf(&b, "  - {id: t%05d, kind: GIFT, levels: [{id: a, value: 1}], texts: {en: {title: t, message: m}}}\n", i)
		}
	}
	first := problemsOf(b.String())
	twice := 0
	for _, p := range first {
		if strings.Contains(p, "is here twice") {
			twice++
		}
	}
	if len(first) != 3*share+3 || twice != 3 {
		t.Fatalf("%d problems, %d of them of ids that are there twice", len(first), twice)
	}
	line := 0
	for _, p := range first {
		var at int
		if _, err := fmt.Sscanf(p, "a.yaml:%d:", &at); err != nil || at < line {
			t.Fatalf("%s: after line %d (%v)", p, line, err)
		}
		line = at
	}
}

func TestAKeyThatIsRightElsewhereIsNoHint(t *testing.T) {
	for _, p := range problemsOf(shopYAML, "templates:\n  - {id: a, kind: GIFT, stage: [x], levels: [{id: a, value: 1}]}\n") {
		if strings.Contains(p, `did you mean "stage"`) {
			t.Error(p)
		}
	}
}
