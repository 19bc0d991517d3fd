package rule

import (
	"errors"
	"time"

	"cel.dev/cel-go/common/types/ref"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

var errNoDate = errors.New("not a date")

// asDate returns the midnight (UTC) of a Date in a rule; an unset or impossible one is an error.
func asDate(v ref.Val) (time.Time, error) {
	m, ok := v.Value().(proto.Message)
	if !ok {
		return time.Time{}, errNoDate
	}
	if d, ok := m.(*surprisev1.Date); ok {
		return midnight(int(d.GetYear()), int(d.GetMonth()), int(d.GetDay()))
	}
	r := m.ProtoReflect()
	field := func(name protoreflect.Name) int { return int(r.Get(r.Descriptor().Fields().ByName(name)).Int()) }
	return midnight(field("year"), field("month"), field("day"))
}

func midnight(y, m, d int) (time.Time, error) {
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if t.Year() != y || int(t.Month()) != m || t.Day() != d {
		return time.Time{}, errNoDate
	}
	return t, nil
}

// daysFrom counts whole days between two midnights. Further apart than 292 years they count as that far.
func daysFrom(from, to time.Time) int64 { return int64(to.Sub(from).Hours()) / 24 }
