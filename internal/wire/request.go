package wire

import (
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

// Longest is the length in bytes of the longest request that is read here. All texts of a request are parts of one buffer, so whoever keeps
// one of them keeps all; and no message of this length can be nested so deeply that the library would refuse it.
const Longest = 16 << 10

// Request has room for one request after the other. It is for one goroutine; the zero value is ready.
type Request struct {
	message surprisev1.RecommendRequest
	parts   parts
	dirty   bool
}

// Read reads a request. The message is valid until the next Read or Reset, with all that it refers to but its texts, which are parts of data.
// When ok is false, the bytes have to be read by the protobuf library.
func (r *Request) Read(data string) (m *surprisev1.RecommendRequest, ok bool) {
	r.Reset()
	r.dirty = true
	if !r.parts.read(data, &r.message) {
		r.Reset()
		return nil, false
	}
	return &r.message, true
}

// Reset lets go of the request that was read, and of the room that only few requests need.
func (r *Request) Reset() {
	if r.dirty {
		r.message = surprisev1.RecommendRequest{}
		r.parts.clear()
		r.dirty = false
	}
}

// parts has room for the parts of a request.
type parts struct {
	single
	attributes           room[attribute]
	relations            room[relation]
	texts                lists[string]
	relationLists        lists[*surprisev1.Relation]
	ofCustomer, ofMoment map[string]*structpb.Value
}

// single is what a request has one of at most, so that it is one allocation together, and cleared together.
type single struct {
	customer                                  surprisev1.CustomerProfile
	birthday                                  surprisev1.Birthday
	memberSince, lastVisit, complaintResolved surprisev1.Date
	visits                                    surprisev1.Visits
	consents                                  surprisev1.Consents
	moment                                    surprisev1.Moment
	time                                      timestamppb.Timestamp
	weather                                   surprisev1.Weather
	party                                     surprisev1.Party
	basket                                    surprisev1.Basket
	satisfaction, distance, temperature       float64
	// someTexts are those of lists at first.
	someTexts [12]string
}

func (r *parts) clear() {
	r.single = single{}
	r.attributes.clear()
	r.relations.clear()
	r.texts.clear()
	r.relationLists.clear()
	r.ofCustomer, r.ofMoment = emptied(r.ofCustomer), emptied(r.ofMoment)
}

func emptied(attributes map[string]*structpb.Value) map[string]*structpb.Value {
	if len(attributes) > most {
		return nil
	}
	clear(attributes)
	return attributes
}

func (r *parts) read(data string, m *surprisev1.RecommendRequest) bool {
	if len(data) > Longest {
		return false
	}
	if r.texts.slab == nil {
		r.texts.slab = r.someTexts[:0]
	}
	f := fieldsOf(data)
	for f.next() {
		switch f.key {
		case 1<<typeBits | sized:
			m.RequestId = f.string()
		case 2<<typeBits | sized:
			f.must(m.Customer == nil && r.readCustomer(f.below()))
			m.Customer = &r.customer
		case 3<<typeBits | sized:
			f.must(m.Moment == nil && r.readMoment(f.below()))
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
