package rule

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// formatValue writes a value as a rule would, shortened.
func formatValue(val ref.Val) string {
	var b strings.Builder
	writeValue(&b, val)
	return shorten(b.String(), maxWas)
}

// enough tells whether more would be cut off anyway. A code point has at most four bytes.
func enough(b *strings.Builder) bool { return b.Len() > 4*maxWas }

func writeValue(b *strings.Builder, val ref.Val) {
	switch val := val.(type) {
	case nil:
		b.WriteString("unknown")
	case types.String:
		b.WriteString(strconv.Quote(string(val[:min(len(val), 4*maxWas)])))
	case types.Double:
		b.WriteString(formatDouble(float64(val)))
	case types.Timestamp:
		b.WriteString(val.Format(time.RFC3339Nano))
	case types.Null:
		b.WriteString("null")
	case traits.Lister:
		writeList(b, val)
	case traits.Mapper:
		writeMap(b, val)
	default:
		writeOther(b, val)
	}
}

func writeOther(b *strings.Builder, val ref.Val) {
	switch native := val.Value().(type) {
	case proto.Message:
		writeMessage(b, native.ProtoReflect(), val)
	case []byte:
		b.WriteString("b" + strconv.Quote(string(native[:min(len(native), 4*maxWas)])))
	default:
		fmt.Fprint(b, native)
	}
}

// formatDouble avoids exponents in what people count: 1000000, not 1e+06.
func formatDouble(d float64) string {
	if a := math.Abs(d); a >= 1e-6 && a < 1e15 {
		return strconv.FormatFloat(d, 'f', -1, 64)
	}
	return strconv.FormatFloat(d, 'g', -1, 64)
}

func writeList(b *strings.Builder, list traits.Lister) {
	b.WriteString("[")
	separator := ""
	for it := list.Iterator(); it.HasNext() == types.True && !enough(b); separator = ", " {
		b.WriteString(separator)
		writeValue(b, it.Next())
	}
	b.WriteString("]")
}

// writeMap sorts the keys, for maps have no order and an explanation should not change from call to call.
func writeMap(b *strings.Builder, m traits.Mapper) {
	values := map[string]ref.Val{}
	var keys []string
	for it := m.Iterator(); it.HasNext() == types.True; {
		key := it.Next()
		text := formatValue(key)
		values[text] = m.Get(key)
		keys = append(keys, text)
	}
	sort.Strings(keys)
	b.WriteString("{")
	for i, k := range keys {
		if enough(b) {
			break
		}
		writeKey(b, i, k)
		writeValue(b, values[k])
	}
	b.WriteString("}")
}

func writeKey(b *strings.Builder, index int, key string) {
	if index > 0 {
		b.WriteString(", ")
	}
	b.WriteString(key + ": ")
}

// writeMessage writes a date as 2026-03-02, other messages with the fields that are set.
func writeMessage(b *strings.Builder, m protoreflect.Message, val ref.Val) {
	if m.Descriptor().FullName() == "surprise.v1.Date" {
		if day, err := asDate(val); err == nil {
			b.WriteString(day.Format(time.DateOnly))
			return
		}
	}
	b.WriteString("{")
	fields, ok := val.(traits.Indexer)
	for i, n := 0, 0; ok && i < m.Descriptor().Fields().Len() && !enough(b); i++ {
		if f := m.Descriptor().Fields().Get(i); m.Has(f) {
			writeKey(b, n, string(f.Name()))
			writeField(b, f, fields.Get(types.String(f.Name())))
			n++
		}
	}
	b.WriteString("}")
}

func writeField(b *strings.Builder, field protoreflect.FieldDescriptor, val ref.Val) {
	if name := nameInEnum(field, val); name != "" {
		b.WriteString(name)
		return
	}
	writeValue(b, val)
}

// nameInEnum returns the name of a value of an enum's field, or nothing.
func nameInEnum(field protoreflect.FieldDescriptor, val ref.Val) string {
	number, ok := val.(types.Int)
	if !ok || field.Enum() == nil || number < math.MinInt32 || number > math.MaxInt32 {
		return ""
	}
	value := field.Enum().Values().ByNumber(protoreflect.EnumNumber(number))
	if value == nil {
		return ""
	}
	return string(value.Name())
}
