package ledger

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/surprise-service/surprised/internal/surprise"
)

// formatPlace turns the place after which a page goes on into a token.
func formatPlace(p *IndexPlace) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(p.Score, 36) + "|" + p.Member))
}

// parsePlace is the opposite of formatPlace; nil for the empty token.
func parsePlace(token string) (*IndexPlace, error) {
	if token == "" {
		return nil, nil //nolint:nilnil // the first page starts nowhere
	}
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return nil, badToken()
	}
	head, member, ok := strings.Cut(string(raw), "|")
	score, err := strconv.ParseInt(head, 36, 64)
	if err != nil || !ok || score < 0 || member == "" {
		return nil, badToken()
	}
	return &IndexPlace{Score: score, Member: member}, nil
}

func badToken() error {
	return surprise.FieldErrorf(surprise.InvalidRequest, "page_token", "send next_page_token exactly as it was returned, or nothing")
}

// wallPlace is where a page of the public wall ended: how many entries of the last one's score were passed. Ids have no place in it, for who has a
// wish's id can withdraw it.
type wallPlace struct {
	score, passed int64
}

// start is the place from which to look backwards; nil: from the newest.
func (p wallPlace) start() *IndexPlace {
	if p.passed == 0 {
		return nil
	}
	return &IndexPlace{Score: p.score + 1}
}

// pass notes one more entry.
func (p *wallPlace) pass(score int64) {
	if p.passed == 0 || p.score != score {
		*p = wallPlace{score: score}
	}
	p.passed++
}

// maxPassed bounds what a token may ask to skip: more wishes than this are not posted within one microsecond.
const maxPassed = 1000

// wallToken encrypts a place, for the wall tells the day of a wish, and nobody needs to know its minute. One block is all there is, and no token that
// was made up decrypts to a place but by a chance of one in 2^54.
func (l *Ledger) wallToken(p wallPlace) string {
	var block [aes.BlockSize]byte
	binary.BigEndian.PutUint64(block[:8], uint64(p.score))  //nolint:gosec // scores are not negative
	binary.BigEndian.PutUint64(block[8:], uint64(p.passed)) //nolint:gosec // nor are counts
	l.wallCipher().Encrypt(block[:], block[:])
	return base64.RawURLEncoding.EncodeToString(block[:])
}

// wallCipher has a key that all replicas share: that of no customer.
func (l *Ledger) wallCipher() cipher.Block {
	key := l.opts.Hash(ownPrefix + "wall")
	c, _ := aes.NewCipher(key[:]) // fails for other lengths only
	return c
}

func (l *Ledger) parseWallToken(token string) (wallPlace, error) {
	if token == "" {
		return wallPlace{}, nil
	}
	block, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(block) != aes.BlockSize {
		return wallPlace{}, badToken()
	}
	l.wallCipher().Decrypt(block, block)
	p := wallPlace{score: int64(binary.BigEndian.Uint64(block[:8])), passed: int64(binary.BigEndian.Uint64(block[8:]))} //nolint:gosec // checked next
	if p.score < 0 || p.passed < 1 || p.passed > maxPassed {
		return wallPlace{}, badToken()
	}
	return p, nil
}
