package wire

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// Longest is the length in bytes of the longest request that is read here. All texts of a request are parts of one buffer, so whoever keeps
// one of them keeps all; and no message of this length can be nested so deeply that the library would refuse it.
const Longest = 16 << 10

// request has room for the parts that most requests have, so that they are one allocation together.
type request struct {
	customer     surprisev1.CustomerProfile
	birthday     surprisev1.Birthday
	memberSince  surprisev1.Date
	visits       surprisev1.Visits
	lastVisit    surprisev1.Date
	satisfaction float64
	moment       surprisev1.Moment
	time         timestamppb.Timestamp
	basket       surprisev1.Basket
	// texts are handed out to lists, few to each.
	texts [12]string
	given int
	// attributes is room for custom ones that is left.
	attributes []attribute
}

// ReadRequest reads a request into m, which is empty. When it returns false, the bytes have to be read by the protobuf library, and m may
// have parts of them. The texts of m are parts of data.
func ReadRequest(data string, m *surprisev1.RecommendRequest) bool {
	if len(data) > Longest {
		return false
	}
	r, f := new(request), fields{rest: data}
	for f.next() {
		switch f.key {
		case 1<<typeBits | sized:
			m.RequestId = f.string()
		case 2<<typeBits | sized:
			f.must(m.Customer == nil && r.readCustomer(f.text))
			m.Customer = &r.customer
		case 3<<typeBits | sized:
			f.must(m.Moment == nil && r.readMoment(f.text))
			m.Moment = &r.moment
		case 4<<typeBits | varint:
			m.MaxOffers = f.int32()
		case 5<<typeBits | sized:
			m.Locale = f.string()
		default:
			return false
		}
	}
	return f.done()
}

// ReadStreamRequest is ReadRequest for an element of a stream.
func ReadStreamRequest(data string, m *surprisev1.RecommendStreamRequest) bool {
	f := fields{rest: data}
	for f.next() {
		if f.key != 1<<typeBits|sized || m.Request != nil {
			return false
		}
		m.Request = new(surprisev1.RecommendRequest)
		f.must(ReadRequest(f.text, m.Request))
	}
	return f.done()
}

func (r *request) readMoment(data string) bool { //nolint:cyclop // a case for each field
	f, m := fields{rest: data}, &r.moment
	for f.next() {
		switch f.key {
		case 1<<typeBits | sized:
			m.Journey = f.string()
		case 2<<typeBits | sized:
			m.Stage = f.string()
		case 3<<typeBits | varint:
			m.Channel = surprisev1.Channel(f.int32())
		case 4<<typeBits | sized:
			m.Store = f.string()
		case 5<<typeBits | sized:
			f.must(m.Time == nil && readTimestamp(f.text, &r.time))
			m.Time = &r.time
		case 6<<typeBits | sized:
			m.VisitId = f.string()
		case 7<<typeBits | sized:
			f.must(m.Weather == nil)
			m.Weather = new(surprisev1.Weather)
			f.must(readWeather(f.text, m.Weather))
		case 8<<typeBits | sized:
			f.must(m.Party == nil)
			m.Party = new(surprisev1.Party)
			f.must(readParty(f.text, m.Party))
		case 9<<typeBits | sized:
			f.must(m.Basket == nil && r.readBasket(f.text))
			m.Basket = &r.basket
		case 10<<typeBits | sized:
			f.must(r.readAttribute(&f, &m.Attributes))
		case 11<<typeBits | sized:
			m.Region = f.string()
		case 12<<typeBits | fixed64:
			v := f.float()
			m.DistanceKm = &v
		default:
			return false
		}
	}
	return f.done()
}

func readTimestamp(data string, m *timestamppb.Timestamp) bool {
	f := fields{rest: data}
	for f.next() {
		switch f.key {
		case 1<<typeBits | varint:
			m.Seconds = f.int64()
		case 2<<typeBits | varint:
			m.Nanos = f.int32()
		default:
			return false
		}
	}
	return f.done()
}

func readWeather(data string, m *surprisev1.Weather) bool {
	f := fields{rest: data}
	for f.next() {
		switch f.key {
		case 1<<typeBits | fixed64:
			v := f.float()
			m.Temperature = &v
		case 2<<typeBits | sized:
			m.Condition = f.string()
		default:
			return false
		}
	}
	return f.done()
}

func readParty(data string, m *surprisev1.Party) bool {
	f := fields{rest: data}
	for f.next() {
		switch f.key {
		case 1<<typeBits | varint:
			m.Size = f.int32()
		case 2<<typeBits | varint:
			m.Children = f.int32()
		default:
			return false
		}
	}
	return f.done()
}

func (r *request) readBasket(data string) bool {
	f, m := fields{rest: data}, &r.basket
	for f.next() {
		switch f.key {
		case 1<<typeBits | varint:
			m.TotalMinor = f.int64()
		case 2<<typeBits | varint:
			m.Items = f.int32()
		case 3<<typeBits | sized:
			m.Categories = r.add(m.Categories, f.string())
		default:
			return false
		}
	}
	return f.done()
}

// few is how many texts of a list are kept within the request itself.
const few = 3

// add appends to a list.
func (r *request) add(list []string, text string) []string {
	if list == nil && r.given+few <= len(r.texts) {
		list = r.texts[r.given : r.given : r.given+few]
		r.given += few
	}
	return append(list, text)
}
