package wire

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// Record has room for one record after the other. It is for one goroutine; the zero value is ready.
type Record struct {
	message  storev1.Record
	times    room[timestamppb.Timestamp]
	entries  room[storev1.Entry]
	takes    room[storev1.LimitTake]
	days     room[surprisev1.Date]
	outcomes room[storev1.Outcome]

	entryLists   lists[*storev1.Entry]
	takeLists    lists[*storev1.LimitTake]
	outcomeLists lists[*storev1.Outcome]
	texts        lists[string]
	// bytes are the values of that type, one after the other.
	bytes []byte
	dirty bool
}

// Read reads a record. It is valid until the next Read or Reset, with all that it refers to but its texts, which are parts of data. When ok is
// false, the bytes have to be read by the protobuf library. Data may have any length.
func (r *Record) Read(data string) (rec *storev1.Record, ok bool) {
	r.Reset()
	r.dirty = true
	if !r.read(fieldsOf(data)) {
		r.Reset()
		return nil, false
	}
	return &r.message, true
}

// Reset lets go of the record that was read, and of the room that only few records need.
func (r *Record) Reset() {
	if !r.dirty {
		return
	}
	r.message = storev1.Record{}
	r.times.clear()
	r.entries.clear()
	r.takes.clear()
	r.days.clear()
	r.outcomes.clear()
	r.entryLists.clear()
	r.takeLists.clear()
	r.outcomeLists.clear()
	r.texts.clear()
	r.bytes = r.bytes[:0]
	if cap(r.bytes) > mostBytes {
		r.bytes = nil
	}
	r.dirty = false
}

// mostBytes is how much room is kept for bytes, at most: each value usually has 16.
const mostBytes = 16 * most

// read leaves what few records have to the library.
func (r *Record) read(f fields) bool {
	m := &r.message
	for f.next() {
		switch f.key {
		case 1<<typeBits | sized:
			f.must(r.readTime(&f, &m.LastSeen))
		case 2<<typeBits | sized:
			e := r.entries.next()
			m.Entries = r.entryLists.add(m.Entries, e)
			f.must(r.readEntry(f.below(), e))
		case 3<<typeBits | sized:
			m.Wishes = append(m.Wishes, new(storev1.Wish))
			f.must(f.library(m.Wishes[len(m.Wishes)-1]))
		case 4<<typeBits | sized:
			m.Tickets = append(m.Tickets, new(storev1.Ticket))
			f.must(f.library(m.Tickets[len(m.Tickets)-1]))
		case 5<<typeBits | sized:
			o := r.outcomes.next()
			m.Outcomes = r.outcomeLists.add(m.Outcomes, o)
			f.must(r.readOutcome(f.below(), o))
		case 6<<typeBits | sized:
			m.Tried = r.texts.add(m.Tried, f.string())
		case 7<<typeBits | sized:
			f.must(r.readTime(&f, &m.Erased))
		case 8<<typeBits | varint:
			m.PoolSize = f.int64()
		default:
			return false
		}
	}
	return f.done()
}

func (r *Record) readOutcome(f fields, m *storev1.Outcome) bool {
	for f.next() {
		switch f.key {
		case 1<<typeBits | sized:
			m.OutcomeId = f.string()
		case 2<<typeBits | sized:
			m.Fingerprint = r.keep(f.text())
		case 3<<typeBits | varint:
			m.Kind = surprisev1.OutcomeKind(f.int32())
		case 4<<typeBits | sized:
			f.must(r.readTime(&f, &m.Time))
		case 5<<typeBits | varint:
			m.ValueMinor = f.int64()
		case 6<<typeBits | sized:
			m.ClaimId = f.string()
		case 7<<typeBits | sized:
			m.Product = f.string()
		default:
			return false
		}
	}
	return f.done()
}

// readTime reads the field at hand, which has not been there before.
func (r *Record) readTime(of *fields, at **timestamppb.Timestamp) bool {
	if *at != nil {
		return false
	}
	*at = r.times.next()
	return readTimestamp(of.below(), *at)
}

// keep copies bytes into the room.
func (r *Record) keep(value string) []byte {
	start := len(r.bytes)
	r.bytes = append(r.bytes, value...)
	return r.bytes[start:len(r.bytes):len(r.bytes)]
}

// library has the field at hand read by the library, into an empty message.
func (f *fields) library(m proto.Message) bool { return proto.Unmarshal([]byte(f.text()), m) == nil }
