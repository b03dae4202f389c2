//! What a file is that is no key in any form that is read here.

/// What is looked for at the beginning of a file.
const BEGINNINGS: [(&[u8], &str, &str); 3] = [
    (
        b"\xFE\xED\xFE\xED",
        "is a Java keystore (JKS)",
        "export it as PKCS#12: keytool -importkeystore -deststoretype pkcs12",
    ),
    (
        b"ssh-rsa ",
        "is a key of SSH",
        "name the PEM file or certificate that was exchanged with UPI",
    ),
    (
        b"\xFF\xFE",
        "is text in UTF-16",
        "save it as plain ASCII text",
    ),
];

/// What is looked for anywhere in a text.
const PARTS: [(&[u8], &str, &str); 5] = [
    (
        b"BEGIN CERTIFICATE REQUEST",
        "is a request for a certificate",
        "name the certificate that was issued for it",
    ),
    (
        b"BEGIN NEW CERTIFICATE REQUEST",
        "is a request for a certificate",
        "name the certificate that was issued for it",
    ),
    (
        b"BEGIN OPENSSH PRIVATE KEY",
        "is a key of SSH",
        "convert it: ssh-keygen -p -m PEM -f FILE",
    ),
    (
        b"BEGIN PKCS7",
        "is a PKCS#7 bundle",
        "take the certificates out: openssl pkcs7 -print_certs -in FILE",
    ),
    (
        b"\\n",
        "has the two characters \\n where line breaks belong",
        "write real line breaks: it was copied out of JSON or a variable",
    ),
];

/// What the file is, and what to do about it.
pub fn explain(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    if bytes.trim_ascii().is_empty() {
        return Some(("is empty", "put the key into it"));
    }
    let begins = |(beginning, ..): &&(&[u8], _, _)| bytes.starts_with(beginning);
    let holds = |(part, ..): &&(&[u8], _, _)| contains(bytes, part);
    let beginnings = BEGINNINGS.iter().find(begins);
    let found = beginnings.or_else(|| PARTS.iter().find(holds));
    let found = found.map(|(_, text, advice)| (*text, *advice));
    found
        .or_else(|| encoded_twice(bytes))
        .or_else(|| no_ascii(bytes))
}

/// As Kubernetes shows the value of a secret.
fn encoded_twice(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    let mut text = zeroize::Zeroizing::new(bytes.to_vec());
    let decoded = base64_simd::forgiving_decode_inplace(&mut text).ok()?;
    contains(decoded, b"-----BEGIN ").then_some((
        "is the base64 of a PEM file",
        "decode it once: base64 -d FILE",
    ))
}

/// A text with something in it that neither PEM nor base64 has.
fn no_ascii(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    let text = contains(bytes, b"-----BEGIN ") || bytes.trim_ascii().starts_with(b"MII");
    let known = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=-\r\n\t :,".contains(byte);
    let clean = bytes.trim_ascii().iter().all(known);
    (text && !clean).then_some((
        "has characters in it that base64 has not",
        "copy it again from the original, not from a document or a mail",
    ))
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::explain;

    #[test]
    fn what_is_known_is_named() {
        let twice = base64_simd::STANDARD.encode_to_string("-----BEGIN PRIVATE KEY-----\nMII");
        for (bytes, part) in [
            (&b" \n"[..], "empty"),
            (b"\xFE\xED\xFE\xED\0\0", "JKS"),
            (b"ssh-rsa AAAA", "SSH"),
            (b"-----BEGIN OPENSSH PRIVATE KEY-----", "SSH"),
            (b"-----BEGIN CERTIFICATE REQUEST-----", "request"),
            (b"-----BEGIN PKCS7-----", "PKCS#7"),
            (b"-----BEGIN PRIVATE KEY-----\\nMII", "two characters"),
            (twice.as_bytes(), "base64 of a PEM"),
            (b"MII\xE2\x80\x93AAAA", "characters in it"),
        ] {
            let (text, advice) = explain(bytes).unwrap();
            assert!(text.contains(part), "{part}: {text}");
            assert!(!advice.is_empty());
        }
    }

    #[test]
    fn of_the_rest_nothing_is_claimed() {
        for bytes in [&b"hello, world"[..], b"\x00\x01", b"MIIAAAA="] {
            assert_eq!(explain(bytes), None);
        }
    }
}
