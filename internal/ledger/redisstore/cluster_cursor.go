package redisstore

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"slices"
)

// clusterCursor is a place in the log of a cluster: the last event that was read in each partition. As text it is base64url of a checksum and two
// varints for each partition, some 150 characters for 16 partitions, and never above 2,000 for 128.
type clusterCursor []streamID

// cursorCoding refuses what it would not write itself.
func cursorCoding() *base64.Encoding { return base64.RawURLEncoding.Strict() }

// checksum tells cursors of another log, by its tenant.
func (c clusterCursor) checksum(tenant string, body []byte) uint32 {
	return crc32.ChecksumIEEE(append([]byte(tenant+"\x00"), body...))
}

func (c clusterCursor) encode(tenant string) string {
	var body []byte
	for _, id := range c {
		body = binary.AppendUvarint(body, id.ms)
		body = binary.AppendUvarint(body, id.seq)
	}
	return cursorCoding().EncodeToString(append(binary.BigEndian.AppendUint32(nil, c.checksum(tenant, body)), body...))
}

// decodeCursor reads a cursor of a log with so many partitions. The empty one is before all.
func decodeCursor(tenant, text string, partitions int) (clusterCursor, bool) {
	c := make(clusterCursor, partitions)
	if text == "" {
		return c, true
	}
	data, err := cursorCoding().DecodeString(text)
	if err != nil || len(data) < 4 || binary.BigEndian.Uint32(data) != c.checksum(tenant, data[4:]) {
		return nil, false
	}
	rest := data[4:]
	for i := range c {
		for _, part := range []*uint64{&c[i].ms, &c[i].seq} {
			n, size := binary.Uvarint(rest)
			if size <= 0 {
				return nil, false
			}
			*part, rest = n, rest[size:]
		}
	}
	return c, len(rest) == 0 && c.encode(tenant) == text && !c.isStart()
}

// isStart tells the place before all events.
func (c clusterCursor) isStart() bool {
	return !slices.ContainsFunc(c, func(id streamID) bool { return id != streamID{} })
}
