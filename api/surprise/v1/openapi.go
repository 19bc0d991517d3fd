// Package surprisev1 is the public API: protos, their generated Go, and the OpenAPI document of the HTTP/JSON mirror.
package surprisev1

import _ "embed"

// OpenAPI is the OpenAPI document of the HTTP/JSON mirror.
//
//go:embed openapi.swagger.json
var OpenAPI []byte
