use std::sync::LazyLock;

use openssl::pkey::Public;
use openssl::rsa::Padding;

use super::*;

const PLAINTEXT: &[u8] = "{\"customerNm\":\"李雷\"}".as_bytes();

static KEY: LazyLock<PrivateKey> = LazyLock::new(|| PrivateKey::generate().unwrap());

fn kid() -> Kid {
    Kid::parse("1560935656467").unwrap()
}

fn sealer() -> Sealer {
    Sealer::new(&kid(), &KEY.public().unwrap()).unwrap()
}

fn open(token: &str) -> Result<Vec<u8>, JweError> {
    let plaintext = Opener::new(&kid(), &KEY).unwrap().open(token)?;
    Ok(plaintext.expose().clone())
}

fn split(token: &str) -> [String; 5] {
    let parts: Vec<_> = token.split('.').map(str::to_owned).collect();
    parts.try_into().unwrap()
}

/// A token with any header, content key block and content, made without the sealer.
fn forge(header: &str, encrypted_key: &[u8], cek: &[u8], plaintext: &[u8]) -> String {
    let header = BASE64URL.encode_to_string(header);
    let iv = [7; IV_BYTES];
    let (ciphertext, tag) = A128CBC_HS256
        .encrypt(cek, Some(&iv), plaintext, header.as_bytes())
        .unwrap();
    let parts = [encrypted_key, &iv, &ciphertext, &tag.unwrap()].map(|part| {
        let part: &[u8] = part;
        BASE64URL.encode_to_string(part)
    });
    format!("{header}.{}", parts.join("."))
}

const HEADER: &str = r#"{"alg":"RSA1_5","enc":"A128CBC-HS256","kid":"1560935656467"}"#;
const CEK: [u8; 32] = [9; 32];

fn rsa() -> Rsa<Public> {
    Rsa::public_key_from_pem(KEY.public().unwrap().to_spki_pem().unwrap().as_bytes()).unwrap()
}

fn encrypt(block: &[u8], padding: Padding) -> Vec<u8> {
    let mut encrypted = vec![0; 256];
    rsa()
        .public_encrypt(block, &mut encrypted, padding)
        .unwrap();
    encrypted
}

/// A padded block with a right key in it: the attack starts from here.
fn block() -> Vec<u8> {
    [&[0, 2], &[0xAA; 221][..], &[0], &CEK].concat()
}

#[test]
fn what_is_sealed_opens_to_the_same_bytes() {
    for plaintext in [b"".as_slice(), PLAINTEXT, &[b'x'; 205_000]] {
        let token = sealer().seal(plaintext).unwrap();
        assert_eq!(open(&token), Ok(plaintext.to_vec()));
    }
}

#[test]
fn a_forgery_by_the_rules_opens() {
    let header_order = r#"{"kid":"1560935656467", "enc":"A128CBC-HS256","alg":"RSA1_5"}"#;
    for header in [HEADER, header_order] {
        let token = forge(header, &encrypt(&CEK, Padding::PKCS1), &CEK, PLAINTEXT);
        assert_eq!(open(&token), Ok(PLAINTEXT.to_vec()));
    }
    let token = forge(HEADER, &encrypt(&block(), Padding::NONE), &CEK, PLAINTEXT);
    assert_eq!(open(&token), Ok(PLAINTEXT.to_vec()));
}

#[test]
fn the_header_is_upis_own() {
    let token = sealer().seal(PLAINTEXT).unwrap();
    let header = BASE64URL.decode_to_vec(&split(&token)[0]).unwrap();
    assert_eq!(header, HEADER.as_bytes());
}

#[test]
fn two_tokens_of_one_plaintext_share_the_header_only() {
    let sealer = sealer();
    let one = split(&sealer.seal(PLAINTEXT).unwrap());
    let two = split(&sealer.seal(PLAINTEXT).unwrap());
    assert_eq!(one[0], two[0]);
    for part in 1..5 {
        assert_ne!(one[part], two[part], "part {part}");
    }
}

#[test]
fn every_part_is_protected() {
    let token = split(&sealer().seal(PLAINTEXT).unwrap());
    for part in 0..5 {
        let mut tampered = token.clone();
        let mut bytes = BASE64URL.decode_to_vec(&tampered[part]).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        tampered[part] = BASE64URL.encode_to_string(bytes);
        assert_eq!(open(&tampered.join(".")), Err(JweError::Opening), "{part}");

        for replacement in [String::new(), format!("{}A", token[part]), "AAAA".into()] {
            let mut tampered = token.clone();
            tampered[part] = replacement;
            assert_eq!(open(&tampered.join(".")), Err(JweError::Opening), "{part}");
        }
    }
}

#[test]
fn only_five_parts_make_a_token() {
    let token = sealer().seal(PLAINTEXT).unwrap();
    for token in [
        String::new(),
        ".".to_owned(),
        "....".to_owned(),
        format!("{token}."),
        format!("{token}.x"),
        format!("{token}="),
        format!(" {token}"),
        token.rsplit_once('.').unwrap().0.to_owned(),
        "A".repeat(MAX_LENGTH + 1),
    ] {
        assert_eq!(open(&token), Err(JweError::Opening), "{:.40}", token);
    }
}

#[test]
fn only_upis_header_is_read() {
    let encrypted_key = encrypt(&CEK, Padding::PKCS1);
    for (from, to) in [
        ("RSA1_5", "RSA-OAEP"),
        ("RSA1_5", "dir"),
        ("A128CBC-HS256", "A128GCM"),
        ("A128CBC-HS256", "A256CBC-HS512"),
        ("1560935656467", "999"),
        (r#","kid":"1560935656467""#, ""),
        (r#""1560935656467""#, "1560935656467"),
        ("}", r#","zip":"DEF"}"#),
        ("}", r#","crit":["exp"],"exp":1}"#),
        ("}", r#","typ":"JOSE"}"#),
        ("}", r#","alg":"RSA1_5"}"#),
        ("}", ""),
    ] {
        let header = HEADER.replace(from, to);
        let token = forge(&header, &encrypted_key, &CEK, PLAINTEXT);
        assert_eq!(open(&token), Err(JweError::Opening), "{header}");
    }
}

#[test]
fn another_key_does_not_open_it() {
    let token = sealer().seal(PLAINTEXT).unwrap();
    let stranger = Opener::new(&kid(), &PrivateKey::generate().unwrap()).unwrap();
    assert_eq!(stranger.open(&token).map(drop), Err(JweError::Opening));
}

#[test]
fn a_wrong_padding_looks_like_a_wrong_tag() {
    for (at, byte) in [(0, 1), (1, 1), (1, 3), (2, 0), (100, 0), (223, 1)] {
        let mut block = block();
        block[at] = byte;
        let token = forge(HEADER, &encrypt(&block, Padding::NONE), &CEK, PLAINTEXT);
        assert_eq!(open(&token), Err(JweError::Opening), "{at}");
    }
}

#[test]
fn a_key_of_another_length_is_refused() {
    for length in [0, 1, 16, 31, 33, 64] {
        let encrypted_key = encrypt(&vec![9; length], Padding::PKCS1);
        let token = forge(HEADER, &encrypted_key, &CEK, PLAINTEXT);
        assert_eq!(open(&token), Err(JweError::Opening), "{length}");
    }
}

#[test]
fn a_wrong_padding_gives_the_substitute_and_a_right_one_the_key() {
    let substitute = ContentKey::new([5; 32].into());
    let unpadded = |block: &[u8]| {
        let key = key_transport::unpad(block, &substitute).unwrap();
        key.as_slice().to_vec()
    };
    assert_eq!(unpadded(&block()), CEK);
    for (at, byte) in [
        (0, 1),
        (0, 0x80),
        (1, 0),
        (1, 3),
        (2, 0),
        (222, 0),
        (223, 0x80),
    ] {
        let mut block = block();
        block[at] = byte;
        assert_eq!(unpadded(&block), [5; 32], "{at}");
    }
}

#[test]
fn a_wrong_padding_still_gives_a_key_to_fail_at_the_tag() {
    let mut block = block();
    block[1] = 1;
    let key = KEY.rsa().unwrap();
    let chosen = |block: &[u8]| {
        let encrypted = encrypt(block, Padding::NONE);
        key_transport::decrypt(&key, &encrypted).map(|key| key.as_slice().to_vec())
    };
    let (one, two) = (chosen(&block).unwrap(), chosen(&block).unwrap());
    assert_ne!(one, CEK);
    assert_ne!(one, two, "a substitute that repeats can be told from a key");
}

#[test]
fn a_number_above_the_modulus_is_refused() {
    let token = forge(HEADER, &[0xFF; 256], &CEK, PLAINTEXT);
    assert_eq!(open(&token), Err(JweError::Opening));
}

#[test]
fn a_right_tag_over_a_broken_block_is_refused() {
    let header = BASE64URL.encode_to_string(HEADER);
    let mut token = Token {
        header: &header,
        encrypted_key: encrypt(&CEK, Padding::PKCS1),
        iv: vec![7; IV_BYTES],
        ciphertext: vec![1; 15],
        tag: Vec::new(),
    };
    token.tag = content::tag(&CEK[..16], &token).unwrap().to_vec();
    assert_eq!(ContentKey::new(CEK.into()).open(&token), None);
}

#[test]
fn sealers_and_openers_are_shared_between_threads() {
    const fn shared<T: Send + Sync>() {}
    shared::<Sealer>();
    shared::<Opener>();
}
