package wire_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/wire"
)

// choices is how many variants of a message are tried: one for each field of the largest oneof.
const choices = 6

// full returns a request that has every field.
func full(choice int) *surprisev1.RecommendRequest {
	m := new(surprisev1.RecommendRequest)
	fill(m.ProtoReflect(), choice, 0)
	return m
}

func encode(t testing.TB, m proto.Message) []byte {
	t.Helper()
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// compare reads with the package and with the library: what the package reads at all, it reads as the library does. It reports whether it does.
func compare(t *testing.T, data []byte) bool {
	t.Helper()
	want := new(surprisev1.RecommendRequest)
	got, read := new(wire.Request).Read(string(data))
	err := proto.Unmarshal(data, want)
	if read && (err != nil || !proto.Equal(got, want)) {
		t.Errorf("%x: got %v, want %v, %v", data, got, want, err)
	}
	return read
}

// TestEveryFieldIsRead fails when a field is added to the API that the reader does not know.
func TestEveryFieldIsRead(t *testing.T) {
	for choice := range choices {
		if !compare(t, encode(t, full(choice))) {
			t.Errorf("variant %d was left to the library", choice)
		}
	}
	if !compare(t, nil) {
		t.Error("an empty request was left to the library")
	}
}

// TestEveryFieldByItself has only one field of each kind, so that no other one can make up for it.
func TestEveryFieldByItself(t *testing.T) {
	rest := encode(t, full(2))
	for len(rest) > 0 {
		_, _, n := protowire.ConsumeField(rest)
		number, _, k := protowire.ConsumeTag(rest)
		body, _ := protowire.ConsumeBytes(rest[k:n])
		for inner := body; (number == 2 || number == 3) && len(inner) > 0; {
			_, _, n := protowire.ConsumeField(inner)
			one := protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), inner[:n])
			if !compare(t, one) {
				t.Errorf("%x was left to the library", one)
			}
			inner = inner[n:]
		}
		if !compare(t, rest[:n]) {
			t.Errorf("%x was left to the library", rest[:n])
		}
		rest = rest[n:]
	}
}

func field(number protowire.Number, parts ...[]byte) []byte {
	var all []byte
	for _, p := range parts {
		all = append(all, p...)
	}
	return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), all)
}

func number(n protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, n, protowire.VarintType), v)
}

func join(parts ...[]byte) []byte {
	var all []byte
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// TestUnusual has what clients seldom send, and whether the package reads it.
func TestUnusual(t *testing.T) {
	id := field(1, []byte("c-1"))
	for name, tc := range map[string]struct {
		data []byte
		read bool
	}{
		"a text twice":                    {join(field(1, []byte("a")), field(1, []byte("b"))), true},
		"a text, then none":               {join(field(1, []byte("a")), field(1)), true},
		"a number twice":                  {join(number(4, 3), number(4, 0)), true},
		"a number that is too large":      {number(4, 1<<35+7), true},
		"a negative number":               {number(4, 1<<64-3), true},
		"a number of eleven bytes":        {append(protowire.AppendTag(nil, 4, protowire.VarintType), strings.Repeat("\xff", 10)+"\x01"...), false},
		"a number above 64 bits":          {append(protowire.AppendTag(nil, 4, protowire.VarintType), strings.Repeat("\xff", 9)+"\x02"...), false},
		"a number of more bytes than due": {append(protowire.AppendTag(nil, 4, protowire.VarintType), "\x83\x80\x00"...), true},
		"a key of more bytes than due":    {[]byte("\xa0\x80\x00\x05"), true},
		"fields in another order":         {join(field(5, []byte("en")), field(2, id), field(1, []byte("r"))), true},
		"an empty customer":               {field(2), true},
		"a message in two parts":          {join(field(2, id), field(2, field(2, []byte("Ming")))), false},
		"an inner message in two parts":   {field(2, field(5, number(2, 1990)), field(5, number(3, 7))), false},
		"a list in two parts":             {field(2, field(12, []byte("tea")), id, field(12, []byte("cake")), field(12)), true},
		"a long list":                     {field(2, []byte(strings.Repeat(string(field(12, []byte("tea"))), 40))), true},
		"an attribute without a value":    {field(2, field(19, field(1, []byte("k")))), true},
		"an attribute without a name":     {field(2, field(19, field(2, number(4, 1)))), true},
		"an empty attribute":              {field(2, field(19)), true},
		"an attribute twice":              {field(2, field(19, field(1, []byte("k")), field(2, number(4, 1))), field(19, field(1, []byte("k")), field(2))), true},
		"an attribute with two values":    {field(2, field(19, field(2, number(4, 1)), field(2, number(1, 0)))), false},
		"a value of two kinds":            {field(2, field(19, field(2, number(4, 1), number(1, 0)))), false},
		"a flag that is 2":                {field(2, field(19, field(1, []byte("k")), field(2, number(4, 2)))), true},
		"a plain name, not UTF-8":         {field(2, field(19, field(1, []byte("\xc3")), field(2, number(4, 1)))), false},
		"a plain text, not UTF-8":         {field(2, field(19, field(1, []byte("k")), field(2, field(3, []byte("\xc3"))))), false},
		"a long name":                     {field(2, field(19, field(1, []byte(strings.Repeat("k", 300))), field(2, number(4, 1)))), true},
		"a long text of an attribute":     {field(2, field(19, field(1, []byte("k")), field(2, field(3, []byte(strings.Repeat("t", 300)))))), true},
		"a value before its name":         {field(2, field(19, field(2, number(4, 1)), field(1, []byte("k")))), true},
		"more in a plain value":           {field(2, field(19, field(1, []byte("k")), field(2, number(4, 1), number(9, 1)))), false},
		"an attribute and more":           {field(2, field(19, field(3, []byte("k")))), false},
		"a broken value":                  {field(2, field(19, field(2, field(6, []byte{0x0a, 0x05})))), false},
		"a field that nobody knows":       {join(field(1, []byte("r")), number(99, 1)), false},
		"one further in":                  {field(3, field(8, number(99, 1))), false},
		"a field of another type":         {number(1, 5), false},
		"a number in 32 bits":             {protowire.AppendFixed32(protowire.AppendTag(nil, 4, protowire.Fixed32Type), 5), false},
		"a group":                         {[]byte{1<<3 | 3, 1<<3 | 4}, false},
		"the end of a group":              {[]byte{1<<3 | 4}, false},
		"field 0":                         {[]byte{0, 0}, false},
		"text that is not UTF-8":          {field(1, []byte("a\xff")), false},
		"a list item that is not UTF-8":   {field(2, field(12, []byte("\xc3"))), false},
		"a name that is not UTF-8":        {field(2, field(19, field(1, []byte("\xc3")))), false},
		"a value that is not UTF-8":       {field(2, field(19, field(2, field(3, []byte("\xc3"))))), false},
		"too short":                       {[]byte{1<<3 | 2, 5, 'a'}, false},
		"no length":                       {[]byte{1<<3 | 2}, false},
		"a length above all":              {append([]byte{1<<3 | 2}, strings.Repeat("\xff", 9)+"\x01"...), false},
		"half a number":                   {[]byte{4 << 3, 0x80}, false},
		"half a float":                    {field(3, []byte{12<<3 | 1, 1, 2, 3}), false},
		"as long as may be":               {field(1, []byte(strings.Repeat("x", wire.Longest-4))), true},
		"longer":                          {field(1, []byte(strings.Repeat("x", wire.Longest))), false},
	} {
		if read := compare(t, tc.data); read != tc.read {
			t.Errorf("%s: read %v, want %v", name, read, tc.read)
		}
	}
}

// TestNesting has a value as deep as its length allows. The library refuses what is nested more than 10,000 times; that is longer.
func TestNesting(t *testing.T) {
	v := structpb.NewBoolValue(true)
	for range 4000 {
		v = structpb.NewListValue(&structpb.ListValue{Values: []*structpb.Value{v}})
		if proto.Size(v) > wire.Longest-20 {
			break
		}
	}
	m := &surprisev1.RecommendRequest{Customer: &surprisev1.CustomerProfile{Attributes: map[string]*structpb.Value{"k": v}}}
	if !compare(t, encode(t, m)) {
		t.Error("it was left to the library")
	}
}

// FuzzRequest looks for bytes that are read otherwise than by the library.
func FuzzRequest(f *testing.F) {
	for choice := range choices {
		f.Add(encode(f, full(choice)))
	}
	f.Add(join(field(2, field(1, []byte("c-1")), field(12, []byte("tea"))), field(3, field(2, []byte("leave")), number(3, 1))))
	f.Fuzz(func(t *testing.T, data []byte) { compare(t, data) })
}

// TestStreamRequest finds the request of an element where there is one, and nothing else.
func TestStreamRequest(t *testing.T) {
	one, other := field(1, []byte("request")), field(2, []byte("x"))
	for name, c := range map[string]struct {
		data []byte
		ok   bool
	}{
		"a request": {one, true}, "none": {nil, false}, "two": {join(one, one), false}, "something before it": {join(other, one), false},
		"something after it": {join(one, other), false}, "half": {one[:len(one)-1], false}, "a number": {number(1, 7), false}, "an empty request": {field(1, nil), true},
	} {
		got, ok := wire.StreamRequest(string(c.data))
		if ok != c.ok || ok && got != "request" && got != "" {
			t.Errorf("%s: got %q, %v, want %v", name, got, ok, c.ok)
		}
	}
}

func BenchmarkRequest(b *testing.B) {
	data := encode(b, typical())
	b.Run("library", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := proto.Unmarshal(data, new(surprisev1.RecommendRequest)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("wire", func(b *testing.B) {
		b.ReportAllocs()
		var room wire.Request
		for b.Loop() {
			if _, ok := room.Read(string(data)); !ok {
				b.Fatalf("%x was left to the library", data)
			}
		}
	})
}
