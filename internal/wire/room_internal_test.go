package wire

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// large returns a request and a record with n of all of which there can be many.
func large(n int) (string, string) {
	c := &surprisev1.CustomerProfile{Attributes: map[string]*structpb.Value{}, Visits: &surprisev1.Visits{Last: &surprisev1.Date{Year: 1}}}
	rec := &storev1.Record{}
	for i := range n {
		text := fmt.Sprintf("a text that is number %d", i)
		c.Likes, c.Tags = append(c.Likes, text), append(c.Tags, text)
		c.Relations = append(c.Relations, &surprisev1.Relation{Name: text, Birthday: &surprisev1.Birthday{Month: 3}})
		c.Attributes[text] = structpb.NewStringValue(text)
		take := &storev1.LimitTake{Limit: text, Amount: 1}
		rec.Entries = append(rec.Entries, &storev1.Entry{ClaimId: text, Fingerprint: []byte(text), Takes: []*storev1.LimitTake{take, take}, OccasionDay: &surprisev1.Date{Year: 1}})
		rec.Tried = append(rec.Tried, text)
		rec.Outcomes = append(rec.Outcomes, &storev1.Outcome{OutcomeId: text, Fingerprint: []byte(text)})
	}
	request, err := proto.Marshal(&surprisev1.RecommendRequest{Customer: c, Moment: &surprisev1.Moment{Attributes: c.GetAttributes()}})
	record, err2 := proto.Marshal(rec)
	if err != nil || err2 != nil {
		panic(fmt.Sprint(err, err2))
	}
	return string(request), string(record)
}

// checkEmpty walks over all that room keeps: it holds nothing, and not much of it.
func checkEmpty(t *testing.T, name string, v reflect.Value) {
	t.Helper()
	switch {
	case v.Kind() == reflect.Slice:
		if v.Cap() > most && !strings.HasSuffix(name, ".bytes") || v.Cap() > mostBytes {
			t.Errorf("%s keeps room for %d", name, v.Cap())
		}
		for i := range v.Cap() {
			if v.Type().Elem().Kind() != reflect.Uint8 && !v.Slice(0, v.Cap()).Index(i).IsZero() {
				t.Errorf("%s still has %v at %d", name, v.Slice(0, v.Cap()).Index(i), i)
			}
		}
	case v.Kind() == reflect.Map && v.Len() > 0, v.Kind() == reflect.Bool && v.Bool():
		t.Errorf("%s is still %v", name, v)
	case v.Kind() == reflect.Struct && v.Type().PkgPath() != reflect.TypeFor[Request]().PkgPath():
		if !v.IsZero() {
			t.Errorf("%s is still %v", name, v)
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			checkEmpty(t, name+"."+v.Type().Field(i).Name, v.Field(i))
		}
	case v.Kind() == reflect.Pointer, v.Kind() == reflect.Float64, v.Kind() == reflect.String, v.Kind() == reflect.Array:
		if !v.IsZero() {
			t.Errorf("%s is still %v", name, v)
		}
	}
}

// TestResetLetsGo also reads what is broken, and what is larger than the room that is kept.
func TestResetLetsGo(t *testing.T) {
	var request Request
	var record Record
	for _, n := range []int{0, 1, 2, 5, 20, 70, 3, 200, 1} {
		for _, end := range []string{"", "\x00"} {
			q, c := large(n)
			if _, ok := request.Read(q + end); ok != (end == "" && len(q) <= Longest) {
				t.Errorf("%d: the request was read: %v", n, ok)
			}
			if _, ok := record.Read(c + end); ok != (end == "") {
				t.Errorf("%d: the record was read: %v", n, ok)
			}
			request.Reset()
			record.Reset()
			if parts := &request.parts; n > most && len(q) <= Longest && (parts.ofCustomer != nil || parts.ofMoment != nil) {
				t.Errorf("%d: the maps are kept", n)
			}
			checkEmpty(t, "Request", reflect.ValueOf(&request).Elem())
			checkEmpty(t, "Record", reflect.ValueOf(&record).Elem())
		}
	}
}

// TestListsKeepTheirItems grows lists in any order: each has its own items only.
func TestListsKeepTheirItems(t *testing.T) {
	var all lists[int]
	var got, want [4][]int
	for i, list := range []int{0, 0, 1, 1, 0, 2, 2, 2, 1, 3, 0, 3, 3, 2, 1, 0, 3, 0, 0, 2} {
		got[list], want[list] = all.add(got[list], i), append(want[list], i)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
