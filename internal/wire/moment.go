package wire

import (
	"google.golang.org/protobuf/types/known/timestamppb"

	surprisev1 "github.com/surprise-service/surprised/api/surprise/v1"
)

func (r *parts) readMoment(f fields) bool { //nolint:cyclop // a case for each field
	m := &r.moment
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
			f.must(m.Time == nil && readTimestamp(f.below(), &r.time))
			m.Time = &r.time
		case 6<<typeBits | sized:
			m.VisitId = f.string()
		case 7<<typeBits | sized:
			f.must(m.Weather == nil && r.readWeather(f.below()))
			m.Weather = &r.weather
		case 8<<typeBits | sized:
			f.must(m.Party == nil && readParty(f.below(), &r.party))
			m.Party = &r.party
		case 9<<typeBits | sized:
			f.must(m.Basket == nil && r.readBasket(f.below()))
			m.Basket = &r.basket
		case 10<<typeBits | sized:
			f.must(r.readAttribute(&f, &m.Attributes, &r.ofMoment))
		case 11<<typeBits | sized:
			m.Region = f.string()
		case 12<<typeBits | fixed64:
			r.distance = f.float()
			m.DistanceKm = &r.distance
		default:
			return false
		}
	}
	return f.done()
}

func readTimestamp(f fields, m *timestamppb.Timestamp) bool {
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

func (r *parts) readWeather(f fields) bool {
	m := &r.weather
	for f.next() {
		switch f.key {
		case 1<<typeBits | fixed64:
			r.temperature = f.float()
			m.Temperature = &r.temperature
		case 2<<typeBits | sized:
			m.Condition = f.string()
		default:
			return false
		}
	}
	return f.done()
}

func readParty(f fields, m *surprisev1.Party) bool {
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

func (r *parts) readBasket(f fields) bool {
	m := &r.basket
	for f.next() {
		switch f.key {
		case 1<<typeBits | varint:
			m.TotalMinor = f.int64()
		case 2<<typeBits | varint:
			m.Items = f.int32()
		case 3<<typeBits | sized:
			m.Categories = r.texts.add(m.Categories, f.string())
		default:
			return false
		}
	}
	return f.done()
}
