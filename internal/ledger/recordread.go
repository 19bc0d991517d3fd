package ledger

import (
	storev1 "github.com/surprise-service/surprised/api/surprise/store/v1"
	"github.com/surprise-service/surprised/internal/wire"
)

// RecordReader decodes one record after the other into the same room. It is for one goroutine; the zero value is ready.
type RecordReader struct{ room wire.Record }

// Decode is DecodeRecord, but the record is valid only until the next Decode or Reset, with all messages in it; its texts stay valid.
func (r *RecordReader) Decode(data []byte) (*storev1.Record, error) {
	if rec, ok := r.room.Read(string(data)); ok {
		return rec, nil
	}
	return DecodeRecord(data)
}

// Reset lets go of the record that was decoded. What most records need is kept.
func (r *RecordReader) Reset() { r.room.Reset() }
