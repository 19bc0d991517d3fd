package rule

import (
	"google.golang.org/protobuf/proto"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// field is something that rules read by a path, straight from a request's protos: no reflection, no values of CEL.
type field struct {
	kind Kind
	reader
	// has tells what has(path) does; nil: it differs from the type's default.
	has func(f *Facts) bool
	// presence is the path of a custom attribute whose presence it is.
	presence string
	// optional marks what cannot always be read, costly what takes longer than a field.
	optional, costly bool
}

// reader has the function for the kind of what it reads, int for a Bool too. It tells whether there is anything to be read.
type reader struct {
	text   func(f *Facts) (string, bool)
	int    func(f *Facts) (int64, bool)
	double func(f *Facts) (float64, bool)
	texts  func(f *Facts) ([]string, bool)
}

// reads tells that there is a function at all: what has none is left to CEL.
func (r reader) reads() bool {
	return r.text != nil || r.int != nil || r.double != nil || r.texts != nil
}

// fields are all that can be read without looking at a catalogue, by their paths. What is not here is left to CEL.
type fields struct {
	scalars map[string]field
	// messages are asked for by has() only, dates also by days_since().
	messages map[string]func(f *Facts) bool
	dates    map[string]func(f *Facts) *surprisev1.Date
	// sizes are the lists that rules can only count.
	sizes map[string]func(f *Facts) int
}

func newFields() *fields {
	t := &fields{scalars: map[string]field{}, messages: map[string]func(f *Facts) bool{}, dates: map[string]func(f *Facts) *surprisev1.Date{}, sizes: map[string]func(f *Facts) int{}}
	t.addCustomer()
	t.addPeople()
	t.addMoment()
	t.addScene()
	return t
}

func (t *fields) text(path string, get func(f *Facts) string) {
	t.scalars[path] = field{kind: Text, reader: reader{text: func(f *Facts) (string, bool) { return get(f), true }}}
}

func (t *fields) texts(path string, get func(f *Facts) []string) {
	t.scalars[path] = field{kind: Texts, reader: reader{texts: func(f *Facts) ([]string, bool) { return get(f), true }}}
}

func (t *fields) int64(path string, get func(f *Facts) int64) {
	t.scalars[path] = field{kind: Int, reader: reader{int: func(f *Facts) (int64, bool) { return get(f), true }}}
}

func (t *fields) int32(path string, get func(f *Facts) int32) {
	t.scalars[path] = field{kind: Int, reader: reader{int: func(f *Facts) (int64, bool) { return int64(get(f)), true }}}
}

func (t *fields) bool(path string, get func(f *Facts) bool) {
	t.scalars[path] = boolField(get)
}

// double is an optional number, which reads as 0 where it is absent.
func (t *fields) double(path string, get func(f *Facts) *float64) {
	t.scalars[path] = field{kind: Double, has: func(f *Facts) bool { return get(f) != nil }, reader: reader{double: func(f *Facts) (float64, bool) {
		if d := get(f); d != nil {
			return *d, true
		}
		return 0, true
	}}}
}

func (t *fields) enum(path string, get func(f *Facts) int32) { t.int32(path, get) }

// message is a pointer to a message; nil is what is not set.
func message[M any, P interface {
	*M
	proto.Message
}](t *fields, path string, get func(f *Facts) P) {
	t.messages[path] = func(f *Facts) bool { return get(f) != nil }
}

func (t *fields) date(path string, get func(f *Facts) *surprisev1.Date) {
	message(t, path, get)
	t.dates[path] = get
	t.int32(path+".year", func(f *Facts) int32 { return get(f).GetYear() })
	t.int32(path+".month", func(f *Facts) int32 { return get(f).GetMonth() })
	t.int32(path+".day", func(f *Facts) int32 { return get(f).GetDay() })
}

func oneIf(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
