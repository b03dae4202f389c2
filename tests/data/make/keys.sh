#!/usr/bin/env bash
# Makes a fresh set of the test keys in DIR (test keys only: none is ever a default of the product).
# New keys need new vectors: run vectors.py on the same folder afterwards.
set -euo pipefail
cd "${1:?usage: keys.sh DIR}"

# pair NAME SERIAL SUBJECT: a key, its certificate and its public key. UPI calls the serial number "kid".
pair() {
  openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$1.key.pem"
  openssl req -x509 -new -key "$1.key.pem" -sha256 -days 36500 -set_serial "$2" -subj "$3" -out "$1.crt.pem"
  openssl pkey -in "$1.key.pem" -pubout -out "$1.pub.pem"
}

pair participant-signing 1555570302 "/C=CN/O=Example Bank/CN=participant signing (test)"
pair upi-signing 1560936206326 "/C=CN/O=Test Gateway/CN=gateway signing (test)"
pair upi-encryption 1560935656467 "/C=CN/O=Test Gateway/CN=gateway encryption (test)"
pair stranger 1111111111 "/CN=stranger (test)"

# The same keys in the other forms that banks keep them in.
openssl x509 -in upi-encryption.crt.pem -outform DER -out upi-encryption.crt.der
openssl rsa -in participant-signing.key.pem -traditional -out participant-signing.pkcs1.pem
openssl pkcs12 -export -inkey participant-signing.key.pem -in participant-signing.crt.pem \
  -name participant-signing -passout pass:changeit -out participant-signing.p12
openssl pkcs8 -topk8 -in participant-signing.key.pem -v2 aes-256-cbc -passout pass:changeit \
  -out participant-signing.encrypted.pem
# Too short for any use: the gateway has to refuse it.
openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out weak-1024.key.pem
