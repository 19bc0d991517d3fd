package redisstore_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/surprise-service/surprised/internal/ledger"
	"github.com/surprise-service/surprised/internal/ledger/ledgertest"
	"github.com/surprise-service/surprised/internal/ledger/redisstore"
)

func TestTLS(t *testing.T) {
	certFile, keyFile, authorities := certificate(t)
	port := freePort(t)
	plain := ledgertest.Redis(t, "--tls-port", port, "--tls-cert-file", certFile, "--tls-key-file", keyFile, "--tls-auth-clients", "no")

	s := open(t, "rediss://127.0.0.1:"+port, redisstore.Options{TLS: &tls.Config{RootCAs: authorities, MinVersion: tls.VersionTLS13}})
	if err := s.Apply(t.Context(), ledger.Change{Key: customer(1)}); err != nil {
		t.Errorf("Apply over TLS: %v", err)
	}
	wantRefusal(t, "rediss://127.0.0.1:"+port, "certificate")
	wantRefusal(t, "redis://127.0.0.1:"+port, "rediss://")
	wantRefusal(t, "rediss://"+strings.TrimPrefix(plain, "redis://"))
}

// certificate writes the certificate that net/http tests with, which is good for 127.0.0.1.
func certificate(t *testing.T) (certFile, keyFile string, authorities *x509.CertPool) {
	t.Helper()
	web := httptest.NewTLSServer(nil)
	defer web.Close()
	pair := web.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: pair.Certificate[0]},
		keyFile:  {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	authorities = x509.NewCertPool()
	authorities.AddCert(web.Certificate())
	return certFile, keyFile, authorities
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
