# Sourced by elasticsearch.sh for --secure: TLS from a generated CA, and the user `elastic` with a generated password.
# `env --secure` also prints the files that hold the CA and the password: no secret is printed or logged.
# shellcheck shell=bash
SCHEME=https
HEAP="${RASID_ELASTICSEARCH_HEAP:-512m}"
SECRETS="$HOME_DIR/secrets"
CREDENTIALS=("$HOME_DIR/ca.crt" "$SECRETS/password")

secret() {
    (
        umask 077
        mkdir -p "$SECRETS"
        if [ ! -s "$SECRETS/$1" ]; then python3 -c 'import secrets; print(secrets.token_urlsafe(24))' >"$SECRETS/$1"; fi
    )
    cat "$SECRETS/$1"
}

secure_configuration() {
    cp "$PROGRAM"/config/{roles.yml,role_mapping.yml,users,users_roles} "$CONFIG/"
    sed -i '/^xpack.security.enabled/d' "$CONFIG/elasticsearch.yml"
    cat >>"$CONFIG/elasticsearch.yml" <<END
xpack.security.enabled: true
xpack.security.autoconfiguration.enabled: false
xpack.security.enrollment.enabled: false
xpack.security.http.ssl.enabled: true
xpack.security.http.ssl.keystore.path: http.p12
END
    if [ ! -s "$CONFIG/elasticsearch.keystore" ]; then
        make_certificates "$1"
        own "$CONFIG"
        keep_secrets "$1"
    fi
}

# The JDK's keytool makes the CA and the server's certificate: no other program is needed.
make_certificates() {
    local tool="$1/bin/keytool" kind
    secret keystore >/dev/null
    kind="-keyalg EC -groupname secp256r1 -validity 3650 -storetype PKCS12"
    rm -f "$SECRETS/ca.p12" "$CONFIG/http.p12"
    # shellcheck disable=SC2086 # $kind is several words
    {
        "$tool" -genkeypair -alias ca -dname "CN=Rasid local CA" -ext bc:c -ext ku:c=keyCertSign $kind \
            -keystore "$SECRETS/ca.p12" -storepass:file "$SECRETS/keystore"
        "$tool" -genkeypair -alias http -dname "CN=127.0.0.1" $kind \
            -keystore "$CONFIG/http.p12" -storepass:file "$SECRETS/keystore"
        "$tool" -exportcert -rfc -alias ca -keystore "$SECRETS/ca.p12" -storepass:file "$SECRETS/keystore" >"$HOME_DIR/ca.crt"
        "$tool" -certreq -alias http -keystore "$CONFIG/http.p12" -storepass:file "$SECRETS/keystore" |
            "$tool" -gencert -rfc -alias ca -validity 3650 -ext san=ip:127.0.0.1,dns:localhost \
                -keystore "$SECRETS/ca.p12" -storepass:file "$SECRETS/keystore" |
            cat - "$HOME_DIR/ca.crt" |
            "$tool" -importcert -noprompt -alias http -keystore "$CONFIG/http.p12" -storepass:file "$SECRETS/keystore"
    } 2>"$HOME_DIR/keytool.log" || die "no certificate could be made: $(tail -n 3 "$HOME_DIR/keytool.log")"
}

# Passwords go through standard input: a command line is read by everybody.
keep_secrets() {
    local tool=(as_server env ES_JAVA_HOME="$1" ES_PATH_CONF="$CONFIG" "$PROGRAM/bin/elasticsearch-keystore")
    "${tool[@]}" create >/dev/null
    {
        secret password
        secret keystore
    } | "${tool[@]}" add --stdin bootstrap.password xpack.security.http.ssl.keystore.secure_password >/dev/null
}

secure_environment() {
    echo "RASID_ELASTICSEARCH_CA=$HOME_DIR/ca.crt"
    echo "RASID_ELASTICSEARCH_PASSWORD_FILE=$SECRETS/password"
}
