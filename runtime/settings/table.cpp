#include "runtime/settings/table.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <type_traits>
#include <utility>

#include "runtime/settings/origin.hpp"

namespace stoa::runtime {

namespace {

using texts = std::vector<std::string>;

constexpr std::int64_t unbounded = std::numeric_limits<std::int64_t>::max();

/// How a member of the settings is read from a value and written to one.
template <class T>
struct member {
  static constexpr value_kind kind = value_kind::integer;
  static T read(const value& v, const texts&) { return static_cast<T>(std::get<std::int64_t>(v)); }
  static value write(const T& t, const texts&) { return static_cast<std::int64_t>(t); }
};

/// Enumerators are counted like the allowed texts.
template <class T>
requires std::is_enum_v<T>
struct member<T> {
  static constexpr value_kind kind = value_kind::text;
  static T read(const value& v, const texts& names) {
    return static_cast<T>(std::find(names.begin(), names.end(), std::get<std::string>(v)) - names.begin());
  }
  static value write(const T& t, const texts& names) { return names.at(static_cast<std::size_t>(t)); }
};

template <class T, value_kind Kind>
struct same_member {
  static constexpr value_kind kind = Kind;
  static T read(const value& v, const texts&) { return std::get<T>(v); }
  static value write(const T& t, const texts&) { return t; }
};

template <>
struct member<bool> : same_member<bool, value_kind::boolean> {};
template <>
struct member<std::string> : same_member<std::string, value_kind::text> {};
template <>
struct member<texts> : same_member<texts, value_kind::text_list> {};
template <>
struct member<milliseconds> : same_member<milliseconds, value_kind::duration> {};

template <>
struct member<byte_size> {
  static constexpr value_kind kind = value_kind::size;
  static byte_size read(const value& v, const texts&) { return {std::get<std::int64_t>(v)}; }
  static value write(const byte_size& s, const texts&) { return s.bytes; }
};

template <>
struct member<endpoint> {
  static constexpr value_kind kind = value_kind::text;
  static endpoint read(const value& v, const texts&) { return endpoint::parse(std::get<std::string>(v)).value(); }
  static value write(const endpoint& e, const texts&) { return e.text(); }
};

template <>
struct member<std::filesystem::path> {
  static constexpr value_kind kind = value_kind::text;
  static std::filesystem::path read(const value& v, const texts&) { return std::get<std::string>(v); }
  static value write(const std::filesystem::path& p, const texts&) { return p.string(); }
};

/// The bounds of a key.
struct bounds {
  std::int64_t least = 0;
  std::int64_t most = unbounded;
  bool secret = false;
  texts one_of = {};
  bool (*accepts)(const std::string&) = nullptr;
  std::string expects = {};
};

template <class Access>
setting_key key(const char* section, const char* name, Access access, std::string_view initial, const char* about,
                const bounds& b = {}) {
  using type = std::remove_cvref_t<decltype(access(std::declval<settings&>()))>;
  setting_key k{.section = section,
                .name = name,
                .kind = member<type>::kind,
                .initial = std::string(initial),
                .about = about,
                .secret = b.secret,
                .least = b.least,
                .most = b.most,
                .one_of = b.one_of,
                .accepts = b.accepts,
                .expects = b.expects,
                .set = nullptr,
                .get = nullptr};
  k.set = [access, names = b.one_of](settings& s, const value& v) { access(s) = member<type>::read(v, names); };
  k.get = [access, names = b.one_of](const settings& s) { return member<type>::write(access(s), names); };
  return k;
}

bool is_endpoint(const std::string& text) { return endpoint::parse(text).has_value(); }

bool is_admin_listen(const std::string& text) { return text.empty() || text == "off" || is_endpoint(text); }

bool is_base_url(const std::string& text) {
  if (text.empty()) return true;
  const auto scheme = text.find("://");
  if (scheme == std::string::npos) return false;
  const auto path = std::min(text.find('/', scheme + 3), text.size());
  return canonical_origin(text.substr(0, path)).has_value() && !text.ends_with('/') &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return c > ' ' && c < 0x7F && std::string_view("?#\\\"<>").find(c) == std::string_view::npos;
         });
}

bool is_page(const std::string& text) {
  return is_base_url(text.ends_with('/') ? text.substr(0, text.size() - 1) : text);
}

bool is_allowed_origin(const std::string& text) {
  return text == documented_origins || canonical_origin(text).has_value();
}

bool is_network(const std::string& text) {
  const auto slash = std::min(text.find('/'), text.size());
  const std::string address = text.substr(0, slash);
  std::array<unsigned char, 16> bytes{};
  const bool v4 = inet_pton(AF_INET, address.c_str(), bytes.data()) == 1;
  if (!v4 && inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) return false;
  if (slash == text.size()) return true;
  int prefix = -1;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, prefix);
  return error == std::errc{} && stop == end && prefix >= 0 && prefix <= (v4 ? 32 : 128);
}

bool is_not_empty(const std::string& text) { return !text.empty(); }

std::vector<setting_key> make_table() {
  const bounds count{.least = 1, .most = 1'000'000'000};
  const bounds threads{.least = 1, .most = 256};
  const bounds page{.accepts = is_page, .expects = "an http or https address without query and fragment"};
  const bounds time{.least = 1, .most = 30LL * 86'400'000};
  const bounds named{.accepts = is_not_empty, .expects = "a text that is not empty"};
  return {
      key("server", "environment", [](auto& s) -> auto& { return s.server.environment; }, "development",
          "production refuses the development secrets", {.one_of = {"development", "production"}}),
      key(
          "server", "shutdown_grace", [](auto& s) -> auto& { return s.server.shutdown_grace; }, "10s",
          "how long a stopping server waits for requests that run", time),
      key(
          "server", "threads", [](auto& s) -> auto& { return s.server.threads; }, "1", "threads that serve connections",
          threads),
      key("server", "actor_threads", [](auto& s) -> auto& { return s.server.actor_threads; }, "0",
          "threads that run actors; 0 is one for two cores", {.least = 0, .most = 256}),
      key(
          "server", "offload_threads", [](auto& s) -> auto& { return s.server.offload_threads; }, "1",
          "threads for what computes long, such as documents", threads),
      key(
          "server", "offload_queue", [](auto& s) -> auto& { return s.server.offload_queue; }, "64",
          "such work that may wait; more is answered 503", count),

      key("http", "listen", [](auto& s) -> auto& { return s.http.listen; }, "127.0.0.1:8000",
          "address and port to listen at; port 0 takes any free one",
          {.accepts = is_endpoint, .expects = "an address and a port such as \"127.0.0.1:8000\" or \"[::1]:8000\""}),
      key("http", "public_url", [](auto& s) -> auto& { return s.http.public_url; }, "",
          "start of absolute links; empty takes the request's Host",
          {.accepts = is_base_url, .expects = "an http or https address without a final slash"}),
      key("http", "max_body", [](auto& s) -> auto& { return s.http.max_body; }, "1MiB", "largest body of a request",
          {.least = 1024, .most = 1LL << 30}),
      key("http", "max_bodies", [](auto& s) -> auto& { return s.http.max_bodies; }, "256MiB",
          "memory of the bodies of all requests together; more are answered 503",
          {.least = 1 << 20, .most = 1LL << 40}),
      key("http", "max_header_bytes", [](auto& s) -> auto& { return s.http.max_header_bytes; }, "32KiB",
          "largest header of a request, all fields together", {.least = 1024, .most = 1LL << 20}),
      key(
          "http", "max_connections", [](auto& s) -> auto& { return s.http.max_connections; }, "10000",
          "open connections; more wait to be accepted", count),
      key(
          "http", "max_in_flight", [](auto& s) -> auto& { return s.http.max_in_flight; }, "2000",
          "requests worked on at once; more are answered 503", count),
      key(
          "http", "max_streams", [](auto& s) -> auto& { return s.http.max_streams; }, "2000",
          "answers that go on (live events) open at once; more are answered 503", count),
      key(
          "http", "request_timeout", [](auto& s) -> auto& { return s.http.request_timeout; }, "8s",
          "deadline of a request; past it the answer is 503", time),
      key("http", "slowest_upload", [](auto& s) -> auto& { return s.http.slowest_upload; }, "1MiB",
          "bytes a second at which a body beyond max_body may be stored: its request has so much longer",
          {.least = 1024, .most = 1LL << 30}),
      key(
          "http", "idle_timeout", [](auto& s) -> auto& { return s.http.idle_timeout; }, "60s",
          "how long a connection may stay open without a request", time),
      key("http", "pipelining", [](auto& s) -> auto& { return s.http.pipelining; }, "4",
          "requests of one connection worked on at once", {.least = 1, .most = 64}),
      key("http", "trusted_proxies", [](auto& s) -> auto& { return s.http.trusted_proxies; }, "",
          "addresses or networks whose X-Forwarded-For counts",
          {.accepts = is_network, .expects = "addresses or networks such as \"10.0.0.1\" or \"10.0.0.0/8\""}),

      key("admin", "listen", [](auto& s) -> auto& { return s.admin.listen; }, "",
          "where operators find /metrics, /health and /ready; empty is a loopback port beside the main one, off is "
          "none",
          {.accepts = is_admin_listen,
           .expects = "an address and a port such as \"127.0.0.1:8001\", \"off\" or an empty text"}),

      key("database", "mode", [](auto& s) -> auto& { return s.database.mode; }, "embedded",
          "embedded runs a private PostgreSQL below [data] dir; external connects to url",
          {.one_of = {"embedded", "external"}}),
      key("database", "url", [](auto& s) -> auto& { return s.database.url; }, "",
          "connection string of an external PostgreSQL", {.secret = true}),
      key("database", "migrate_url", [](auto& s) -> auto& { return s.database.migrate_url; }, "",
          "connection string of a role that may change tables, for migrations alone", {.secret = true}),
      key(
          "database", "workers", [](auto& s) -> auto& { return s.database.workers; }, "3", "sessions for commands",
          threads),
      key(
          "database", "read_workers", [](auto& s) -> auto& { return s.database.read_workers; }, "4",
          "sessions for queries", threads),
      key(
          "database", "consumer_workers", [](auto& s) -> auto& { return s.database.consumer_workers; }, "2",
          "sessions for handlers of events", threads),
      key(
          "database", "queue", [](auto& s) -> auto& { return s.database.queue; }, "2000",
          "statements that may wait for a session; more are refused", count),
      key(
          "database", "statement_timeout", [](auto& s) -> auto& { return s.database.statement_timeout; }, "5s",
          "longest run of a statement", time),
      key(
          "database", "lock_timeout", [](auto& s) -> auto& { return s.database.lock_timeout; }, "3s",
          "longest wait for somebody else's lock", time),

      key(
          "data", "dir", [](auto& s) -> auto& { return s.data.dir; }, "data",
          "folder of the embedded database and of files", named),

      key("security", "token_key", [](auto& s) -> auto& { return s.security.token_key; }, development_token_key,
          "signs access tokens; at least 32 bytes, the same on every node", {.least = 32, .secret = true}),
      key("security", "token_key_previous", [](auto& s) -> auto& { return s.security.token_key_previous; }, "",
          "the key before token_key, which still verifies; empty for none",
          {.secret = true,
           .accepts = [](const std::string& k) { return k.empty() || k.size() >= 32; },
           .expects = "no text or one of at least 32 bytes"}),
      key(
          "security", "issuer", [](auto& s) -> auto& { return s.security.issuer; }, "stoa", "`iss` of tokens", named),
      key(
          "security", "audience", [](auto& s) -> auto& { return s.security.audience; }, "stoa", "`aud` of tokens",
          named),
      key("security", "argon2_memory", [](auto& s) -> auto& { return s.security.argon2_memory; }, "19MiB",
          "memory of one password hash", {.least = 64LL << 10, .most = 4LL << 30}),
      key("security", "argon2_iterations", [](auto& s) -> auto& { return s.security.argon2_iterations; }, "2",
          "passes of one password hash", {.least = 1, .most = 100}),
      key("security", "argon2_parallelism", [](auto& s) -> auto& { return s.security.argon2_parallelism; }, "1",
          "lanes of one password hash", {.least = 1, .most = 16}),
      key(
          "security", "hash_threads", [](auto& s) -> auto& { return s.security.hash_threads; }, "2",
          "threads that hash passwords", threads),
      key(
          "security", "hash_queue", [](auto& s) -> auto& { return s.security.hash_queue; }, "64",
          "passwords that may wait to be hashed; more are answered 503", count),
      key(
          "security", "cookie_secure", [](auto& s) -> auto& { return s.security.cookie_secure; }, "true",
          "session cookies only over HTTPS; false is for development over plain HTTP"),

      key("accounts", "self_service_roles", [](auto& s) -> auto& { return s.accounts.self_service_roles; },
          "student, instructor", "roles a person may choose without an administrator",
          {.one_of = {"student", "instructor"}}),
      key("accounts", "number_start", [](auto& s) -> auto& { return s.accounts.number_start; }, "1000",
          "the least number that an account gets from now on", {.least = 1, .most = 1'000'000'000}),
      key("accounts", "number_step", [](auto& s) -> auto& { return s.accounts.number_step; }, "100",
          "how wide the spans are that numbers of accounts are drawn from; 1 counts them",
          {.least = 1, .most = 1'000'000}),
      key("accounts", "lock_failures", [](auto& s) -> auto& { return s.accounts.lock_failures; }, "5",
          "wrong passwords within lock_window that lock an account", {.least = 1, .most = 1000}),
      key(
          "accounts", "lock_window", [](auto& s) -> auto& { return s.accounts.lock_window; }, "15m",
          "how far back wrong passwords count", time),
      key(
          "accounts", "lock_duration", [](auto& s) -> auto& { return s.accounts.lock_duration; }, "15m",
          "how long a lock lasts", time),
      key(
          "accounts", "reset_lifetime", [](auto& s) -> auto& { return s.accounts.reset_lifetime; }, "1h",
          "how long a mailed link for a new password is good", time),
      key(
          "accounts", "verification_lifetime", [](auto& s) -> auto& { return s.accounts.verification_lifetime; }, "3d",
          "how long a mailed link that proves an address is good", time),
      key(
          "accounts", "mfa_issuer", [](auto& s) -> auto& { return s.accounts.mfa_issuer; }, "",
          "what apps that make codes of a second factor call this server; empty takes the contract's word"),
      key(
          "accounts", "verify_email", [](auto& s) -> auto& { return s.accounts.verify_email; }, "true",
          "whether a registration is followed by a mail that proves the address"),
      key(
          "accounts", "reset_page", [](auto& s) -> auto& { return s.accounts.reset_page; }, "",
          "the page that links for a new password lead to; empty: the server's own", page),
      key(
          "accounts", "verify_page", [](auto& s) -> auto& { return s.accounts.verify_page; }, "",
          "the page that links which prove an address lead to; empty: the server's own", page),
      key("accounts", "supabase_webhook_secret", [](auto& s) -> auto& { return s.accounts.supabase_webhook_secret; },
          development_supabase_secret, "checks the signatures of Supabase's auth webhook",
          {.least = 8, .secret = true}),

      key(
          "limits", "enabled", [](auto& s) -> auto& { return s.limits.enabled; }, "true", "rate limits as a whole"),
      key(
          "limits", "login_per_account_per_hour", [](auto& s) -> auto& { return s.limits.login_per_account_per_hour; },
          "20", "all dialects: logins to an account with its password", count),
      key(
          "limits", "login_per_address_per_hour", [](auto& s) -> auto& { return s.limits.login_per_address_per_hour; },
          "100", "all dialects: logins from an address", count),
      key(
          "limits", "passwords_per_address_per_hour",
          [](auto& s) -> auto& { return s.limits.passwords_per_address_per_hour; }, "100",
          "all dialects: registrations and new passwords from an address", count),
      key(
          "limits", "resets_per_address_per_hour",
          [](auto& s) -> auto& { return s.limits.resets_per_address_per_hour; }, "20",
          "all dialects: mailed links for a new password that an address may ask for", count),
      key(
          "limits", "mails_per_account_per_hour", [](auto& s) -> auto& { return s.limits.mails_per_account_per_hour; },
          "5", "mailed links of a kind that one account gets; whoever asks for more is not told", count),

      key("cors", "allowed_origins", [](auto& s) -> auto& { return s.cors.allowed_origins; }, documented_origins,
          "origins whose pages may call the API with credentials; documented means those that the contracts name",
          {.accepts = is_allowed_origin,
           .expects = "\"documented\", or origins such as \"https://app.example.com\": http or https, a host in ASCII, "
                      "without * and without a path"}),
      key(
          "cors", "max_age", [](auto& s) -> auto& { return s.cors.max_age; }, "10m",
          "how long a browser may keep a preflight's answer", time),

      key("log", "level", [](auto& s) -> auto& { return s.log.level; }, "info", "the least level that is written",
          {.one_of = {"debug", "info", "warn", "error"}}),
      key("log", "format", [](auto& s) -> auto& { return s.log.format; }, "auto",
          "auto is text on a terminal and JSON otherwise", {.one_of = {"auto", "text", "json"}}),

      key(
          "entities", "idle", [](auto& s) -> auto& { return s.entities.idle; }, "10m",
          "how long an entity stays in memory unused", time),
      key(
          "entities", "mailbox", [](auto& s) -> auto& { return s.entities.mailbox; }, "64",
          "commands that may wait for an entity; more are answered 503", count),
      key("entities", "course_memory", [](auto& s) -> auto& { return s.entities.course_memory; }, "128MiB",
          "memory of the courses that are kept for their readers", {.least = 1LL << 20, .most = 1LL << 40}),
      key(
          "entities", "ask_timeout", [](auto& s) -> auto& { return s.entities.ask_timeout; }, "5s",
          "deadline of a command to an entity", time),

      key("courses", "new_categories", [](auto& s) -> auto& { return s.courses.new_categories; }, "100",
          "categories that a person may bring by naming them; admins any number", {.least = 0, .most = 1'000'000}),
      key("courses", "max_bytes", [](auto& s) -> auto& { return s.courses.max_bytes; }, "2MiB",
          "largest course: all its texts, sections and lessons together", {.least = 65'536, .most = 1LL << 30}),

      key("catalog", "page_cache", [](auto& s) -> auto& { return s.catalog.page_cache; }, "1000",
          "pages of course lists kept in memory", {.least = 0, .most = 10'000'000}),
      key("catalog", "row_memory", [](auto& s) -> auto& { return s.catalog.row_memory; }, "32MiB",
          "memory for what course lists show; again as much for the pages made of it", {.least = 0, .most = 1LL << 40}),

      key(
          "orders", "pending_lifetime", [](auto& s) -> auto& { return s.orders.pending_lifetime; }, "24h",
          "how long an order waits for its payment", time),

      key("jobs", "poll", [](auto& s) -> auto& { return s.jobs.poll; }, "200ms",
          "how often queued jobs and events are looked for", {.least = 10, .most = 3'600'000}),

      key(
          "plugins", "dir", [](auto& s) -> auto& { return s.plugins.dir; }, "",
          "folder of the plugins; empty is `plugins` beside the executable, or lib/stoa/plugins of its prefix"),
      key(
          "plugins", "disabled", [](auto& s) -> auto& { return s.plugins.disabled; }, "",
          "ids of plugins that are not loaded"),
      key(
          "plugins", "threads", [](auto& s) -> auto& { return s.plugins.threads; }, "2",
          "threads that run the code of one plugin", threads),
      key(
          "plugins", "sessions", [](auto& s) -> auto& { return s.plugins.sessions; }, "2",
          "database sessions of one plugin: for commands, for queries and for handlers of events, so many each",
          threads),
      key(
          "plugins", "concurrency", [](auto& s) -> auto& { return s.plugins.concurrency; }, "256",
          "requests in one plugin at once; more are answered 503", count),
      key("plugins", "max_answer", [](auto& s) -> auto& { return s.plugins.max_answer; }, "8MiB",
          "largest answer of a plugin that is no file and no stream", {.least = 1024, .most = 1LL << 30}),
      key(
          "plugins", "stall_after", [](auto& s) -> auto& { return s.plugins.stall_after; }, "1s",
          "a plugin's code that keeps its thread for so long is named in the log and counted", time),
      key(
          "plugins", "breaker_failures", [](auto& s) -> auto& { return s.plugins.breaker_failures; }, "10",
          "unexpected failures of a plugin's route, kind of job or subscription within a minute that open its breaker",
          count),
      key(
          "plugins", "breaker_pause", [](auto& s) -> auto& { return s.plugins.breaker_pause; }, "30s",
          "how long a breaker is open before one try is let through", time),
      key(
          "plugins", "event_tries", [](auto& s) -> auto& { return s.plugins.event_tries; }, "5",
          "how often an event is given to a subscription that fails at it before it is set aside", count),
      key(
          "plugins", "event_deadline", [](auto& s) -> auto& { return s.plugins.event_deadline; }, "10s",
          "how long the handler of an event may take before its transaction is ended", time),
      key(
          "plugins", "trusted_keys", [](auto& s) -> auto& { return s.plugins.trusted_keys; }, "",
          "public keys whose signatures on plugins are trusted: ed25519:..."),
      key(
          "plugins", "allow_unsigned", [](auto& s) -> auto& { return s.plugins.allow_unsigned; }, "true",
          "whether plugins are loaded that no trusted key has signed"),
      key(
          "plugins", "start_deadline", [](auto& s) -> auto& { return s.plugins.start_deadline; }, "10s",
          "how long a plugin may take for each step of its start; then the server goes on without it", time),
      key(
          "plugins", "migrate_deadline", [](auto& s) -> auto& { return s.plugins.migrate_deadline; }, "10m",
          "how long a plugin's migrations may take", time),
      key(
          "plugins", "stop_deadline", [](auto& s) -> auto& { return s.plugins.stop_deadline; }, "5s",
          "how long a plugin may take to drain and to stop", time),
  };
}

std::string range_text(const setting_key& k) {
  const auto word = [&](std::int64_t bound) {
    if (k.kind == value_kind::duration) return duration_text(milliseconds{bound});
    return k.kind == value_kind::size ? size_text(bound) : std::to_string(bound);
  };
  if (k.most != unbounded) return " from " + word(k.least) + " to " + word(k.most);
  return k.least == 0 ? "" : " of at least " + word(k.least);
}

}  // namespace

std::string variable_name(const std::string& section, const std::string& key) {
  std::string out = "STOA_" + section + "_" + key;
  for (char& c : out) c = c == '.' ? '_' : (c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  return out;
}

std::string setting_key::variable() const { return variable_name(section, name); }

std::string setting_key::expected() const {
  if (!one_of.empty()) return (kind == value_kind::text_list ? "a list of " : "") + choices(one_of);
  if (accepts != nullptr) return expects;
  if (kind == value_kind::text) return least == 0 ? "a text" : "a text of at least " + std::to_string(least) + " bytes";
  if (kind == value_kind::boolean || kind == value_kind::text_list) return expected_text(kind);
  return expected_text(kind) + range_text(*this);
}

bool setting_key::allows(const value& v) const {
  const auto within = [&](std::int64_t amount) { return amount >= least && amount <= most; };
  const auto allowed = [&](const std::string& text) {
    if (!one_of.empty() && std::find(one_of.begin(), one_of.end(), text) == one_of.end()) return false;
    return accepts == nullptr || accepts(text);
  };
  if (const auto* text = std::get_if<std::string>(&v)) {
    return within(static_cast<std::int64_t>(text->size())) && allowed(*text);
  }
  if (const auto* number = std::get_if<std::int64_t>(&v)) return within(*number);
  if (const auto* duration = std::get_if<milliseconds>(&v)) return within(duration->count());
  if (const auto* list = std::get_if<texts>(&v)) return std::all_of(list->begin(), list->end(), allowed);
  return true;
}

const std::vector<setting_key>& setting_table() {
  static const std::vector<setting_key> table = make_table();
  return table;
}

}  // namespace stoa::runtime
