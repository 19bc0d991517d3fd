package redisstore

import (
	"errors"
	"strings"

	"github.com/surprise-service/surprised/internal/surprise"
)

// Fields of a limit's hash that are no claim ids: its sum, and the highest number ever given.
const (
	sumField     = ""
	highestField = "#n"
)

// maxTenantLen keeps keys short.
const maxTenantLen = 64

// keys makes the names of one tenant's keys.
type keys struct {
	prefix string
}

// newKeys refuses names that could end the hash tag early, or make one tenant's keys look like another's.
func newKeys(tenant string) (keys, error) {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
	if tenant == "" || len(tenant) > maxTenantLen || strings.Trim(tenant, allowed) != "" {
		return keys{}, errors.New("a tenant's name has 1 to 64 letters, digits, '-', '_' or '.'")
	}
	return keys{prefix: "surprised:{" + tenant + "}:"}, nil
}

func (k keys) customer(c surprise.CustomerKey) string {
	var buf [2 * maxTenantLen]byte // enough for any
	return string(k.appendCustomer(buf[:0], c))
}

func (k keys) appendCustomer(text []byte, c surprise.CustomerKey) []byte {
	return c.Append(append(append(text, k.prefix...), "c:"...))
}

func (k keys) due() string { return k.prefix + "due" }

func (k keys) limit(name string) string { return k.prefix + "l:" + name }

func (k keys) freed(limit string) string { return k.prefix + "f:" + limit }

func (k keys) order(index string) string { return k.prefix + "i:" + index }

func (k keys) members(index string) string { return k.prefix + "m:" + index }

func (k keys) log() string { return k.prefix + "e" }

func (k keys) secret(name string) string { return k.prefix + "s:" + name }

func (k keys) format() string { return k.prefix + "format" }
