package wire

import (
	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

func (r *Record) readEntry(f fields, m *storev1.Entry) bool { //nolint:cyclop,funlen // a case for each field
	for f.next() {
		switch f.key {
		case 1<<typeBits | sized:
			m.ClaimId = f.string()
		case 2<<typeBits | sized:
			m.Fingerprint = r.keep(f.text())
		case 3<<typeBits | varint:
			m.State = surprisev1.ClaimState(f.int32())
		case 4<<typeBits | sized:
			m.Template = f.string()
		case 5<<typeBits | sized:
			m.Level = f.string()
		case 6<<typeBits | sized:
			m.Category = f.string()
		case 7<<typeBits | varint:
			m.Kind = surprisev1.Kind(f.int32())
		case 8<<typeBits | varint:
			m.Channel = surprisev1.Channel(f.int32())
		case 9<<typeBits | sized:
			m.Store = f.string()
		case 10<<typeBits | sized:
			m.Stage = f.string()
		case 11<<typeBits | sized:
			m.VisitId = f.string()
		case 12<<typeBits | sized:
			m.StaffId = f.string()
		case 13<<typeBits | varint:
			m.CostMinor = f.int64()
		case 14<<typeBits | sized:
			m.Occurrence = f.string()
		case 15<<typeBits | sized:
			f.must(r.readTime(&f, &m.Created))
		case 16<<typeBits | sized:
			f.must(r.readTime(&f, &m.HoldUntil))
		case 17<<typeBits | sized:
			f.must(r.readTime(&f, &m.Ended))
		case 18<<typeBits | sized:
			f.must(r.readTime(&f, &m.Delivered))
		case 19<<typeBits | varint:
			m.CancelReason = surprisev1.CancelReason(f.int32())
		case 20<<typeBits | sized:
			m.MemoryTag = f.string()
		case 21<<typeBits | varint:
			m.OverLimit = f.bool()
		case 22<<typeBits | varint:
			m.WithoutHold = f.bool()
		case 23<<typeBits | sized:
			m.DecisionId = f.string()
		case 24<<typeBits | sized:
			m.CatalogRevision = f.string()
		case 25<<typeBits | sized:
			t := r.takes.next()
			m.Takes = r.takeLists.add(m.Takes, t)
			f.must(readTake(f.below(), t))
		case 26<<typeBits | sized:
			m.LateClaimId = f.string()
		case 27<<typeBits | varint:
			m.Purpose = surprisev1.Purpose(f.int32())
		default:
			if !r.readMore(&f, m) {
				return false
			}
		}
	}
	return f.done()
}

// readMore reads the field at hand when it is one of those that most entries have not.
func (r *Record) readMore(f *fields, m *storev1.Entry) bool {
	switch f.key {
	case 28<<typeBits | sized:
		return r.readTime(f, &m.Returned)
	case 29<<typeBits | sized:
		m.OrderId = f.string()
	case 30<<typeBits | sized:
		f.must(m.Slot == nil)
		m.Slot = new(surprisev1.Slot)
		return f.library(m.Slot)
	case 31<<typeBits | sized:
		f.must(m.Trial == nil)
		m.Trial = new(surprisev1.ClaimTrial)
		return f.library(m.Trial)
	case 32<<typeBits | varint:
		m.Reminded = f.bool()
	case 33<<typeBits | sized:
		m.WishId = f.string()
	case 34<<typeBits | sized:
		f.must(m.Lease == nil)
		m.Lease = new(surprisev1.Lease)
		return f.library(m.Lease)
	case 35<<typeBits | sized:
		m.WalletReason = f.string()
	case 36<<typeBits | sized:
		m.TicketId = f.string()
	case 37<<typeBits | varint:
		m.PerOrder = f.bool()
	case 38<<typeBits | sized:
		f.must(m.OccasionDay == nil)
		m.OccasionDay = r.days.next()
		return readDate(f.below(), m.OccasionDay)
	default:
		return false
	}
	return true
}

func readTake(f fields, m *storev1.LimitTake) bool {
	for f.next() {
		switch f.key {
		case 1<<typeBits | sized:
			m.Limit = f.string()
		case 2<<typeBits | varint:
			m.Amount = f.int64()
		case 3<<typeBits | varint:
			m.Capacity = f.int64()
		case 4<<typeBits | varint:
			m.Unit = surprisev1.LimitUnit(f.int32())
		default:
			return false
		}
	}
	return f.done()
}
