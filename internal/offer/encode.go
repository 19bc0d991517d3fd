package offer

import (
	"fmt"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
	"github.com/surprise-service/surprised/internal/surprise"
)

// Common is what the claims of all offers of a decision have in common. The fields are those of surprise.store.v1.OfferClaims.
type Common struct {
	Customer                                                                          surprise.CustomerKey
	DecisionID, Store, Stage, VisitID, TimeZone, CatalogRevision, Household, TicketID string
	Channel                                                                           surprisev1.Channel
	Issued, Expires                                                                   time.Time
}

// Own is what else the claims of an offer say. The civil date of OccasionDay counts; the zero time is none.
type Own struct {
	Position                            int32
	Template, Level, Occurrence, WishID string
	CostMinor                           int64
	OccasionDay                         time.Time
}

// encoder appends fields of OfferClaims. As proto3 has it, those that have their zero value are left out. The protobuf library makes a message
// of the fields in any order.
type encoder struct {
	buf []byte
	// bad is the last field whose text is not UTF-8, which protobuf cannot say; 0: none.
	bad protowire.Number
}

func (e *encoder) err() error {
	if e.bad == 0 {
		return nil
	}
	return fmt.Errorf("field %d of the claims is not UTF-8", e.bad)
}

func (e *encoder) common(audience string, c *Common) {
	e.text(1, audience)
	e.begin(2, len(c.Customer))
	e.buf = append(e.buf, c.Customer[:]...)
	e.text(3, c.DecisionID)
	e.time(5, c.Issued)
	e.time(6, c.Expires)
	e.int(10, int64(c.Channel))
	e.text(11, c.Store)
	e.text(12, c.Stage)
	e.text(13, c.VisitID)
	e.text(15, c.TimeZone)
	e.text(16, c.CatalogRevision)
	e.text(17, c.Household)
	e.text(19, c.TicketID)
}

func (e *encoder) own(o *Own) {
	e.int(4, int64(o.Position))
	e.text(7, o.Template)
	e.text(8, o.Level)
	e.int(9, o.CostMinor)
	e.text(14, o.Occurrence)
	e.text(18, o.WishID)
	if !o.OccasionDay.IsZero() {
		e.date(20, o.OccasionDay)
	}
}

func (e *encoder) text(n protowire.Number, s string) {
	if s == "" {
		return
	}
	if !utf8.ValidString(s) {
		e.bad = n
	}
	e.begin(n, len(s))
	e.buf = append(e.buf, s...)
}

// int also writes enums: negative numbers have all 64 bits.
func (e *encoder) int(n protowire.Number, v int64) {
	if v != 0 {
		e.buf = protowire.AppendVarint(protowire.AppendTag(e.buf, n, protowire.VarintType), uint64(v))
	}
}

// time writes a google.protobuf.Timestamp.
func (e *encoder) time(n protowire.Number, t time.Time) {
	e.begin(n, 0)
	start := len(e.buf)
	e.int(1, t.Unix())
	e.int(2, int64(t.Nanosecond()))
	e.end(start)
}

// date writes a surprise.v1.Date.
func (e *encoder) date(n protowire.Number, day time.Time) {
	year, month, d := day.Date()
	e.begin(n, 0)
	start := len(e.buf)
	e.int(1, int64(year))
	e.int(2, int64(month))
	e.int(3, int64(d))
	e.end(start)
}

// begin writes what stands before a text or a message of a length.
func (e *encoder) begin(n protowire.Number, length int) {
	e.buf = protowire.AppendVarint(protowire.AppendTag(e.buf, n, protowire.BytesType), uint64(length))
}

// end corrects the length of a message of less than 128 bytes that began with length 0.
func (e *encoder) end(start int) { e.buf[start-1] = byte(len(e.buf) - start) }
