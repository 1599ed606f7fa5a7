// The settings of a server: typed, layered, checked.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/settings/section.hpp"
#include "runtime/settings/value.hpp"
#include "stoa/log.hpp"
#include "stoa/time.hpp"

namespace stoa::runtime {

/// Stands in `[cors] allowed_origins` for those that the contracts name.
inline constexpr std::string_view documented_origins = "documented";

/// The defaults that a production server refuses.
inline constexpr std::string_view development_token_key = "stoa-development-token-key-not-for-production";
inline constexpr std::string_view development_supabase_secret = "supabase_sandbox";

enum class environment_mode { development, production };
enum class database_mode { embedded, external };
enum class log_format { automatic, text, json };

/// A number of bytes.
struct byte_size {
  std::int64_t bytes = 0;
  friend bool operator==(const byte_size&, const byte_size&) = default;
};

/// A host and a port to listen at; port 0 is any free one.
struct endpoint {
  std::string host;
  std::uint16_t port = 0;

  /// `127.0.0.1:8000`, `[::1]:8000`, `localhost:0`.
  static std::optional<endpoint> parse(std::string_view text);
  std::string text() const;
  friend bool operator==(const endpoint&, const endpoint&) = default;
};

struct server_settings {
  environment_mode environment = environment_mode::development;
  milliseconds shutdown_grace{};
  std::int64_t threads = 0;
  std::int64_t offload_threads = 0;
  std::int64_t offload_queue = 0;
  std::int64_t actor_threads = 0;  ///< 0 is one for two cores; ask actor_workers()

  bool production() const { return environment == environment_mode::production; }
  std::size_t actor_workers() const;
};

struct http_settings {
  endpoint listen;
  std::string public_url;  ///< without a final slash; empty: taken from the request's Host
  byte_size max_body;
  byte_size max_bodies;
  byte_size max_header_bytes;
  std::int64_t max_connections = 0;
  std::int64_t max_in_flight = 0;
  std::int64_t max_streams = 0;
  milliseconds request_timeout{};
  byte_size slowest_upload;
  milliseconds idle_timeout{};
  std::int64_t pipelining = 0;
  std::vector<std::string> trusted_proxies;
};

struct admin_settings {
  /// The operators' listener: an endpoint, `off`, or empty for a loopback port beside the main one.
  std::string listen;
};

struct database_settings {
  database_mode mode = database_mode::embedded;
  std::string url;
  std::string migrate_url;  ///< empty: url
  std::int64_t workers = 0;
  std::int64_t read_workers = 0;
  std::int64_t consumer_workers = 0;
  std::int64_t queue = 0;
  milliseconds statement_timeout{};
  milliseconds lock_timeout{};
};

struct data_settings {
  std::filesystem::path dir;
};

struct security_settings {
  std::string token_key;
  std::string token_key_previous;
  std::string issuer;
  std::string audience;
  byte_size argon2_memory;
  std::int64_t argon2_iterations = 0;
  std::int64_t argon2_parallelism = 0;
  std::int64_t hash_threads = 0;
  std::int64_t hash_queue = 0;
  bool cookie_secure = true;
};

struct account_settings {
  std::vector<std::string> self_service_roles;
  std::int64_t number_start = 0;
  std::int64_t number_step = 0;
  std::int64_t lock_failures = 0;
  milliseconds lock_window{};
  milliseconds lock_duration{};
  milliseconds reset_lifetime{};
  milliseconds verification_lifetime{};
  std::string mfa_issuer;
  bool verify_email = true;
  std::string reset_page;
  std::string verify_page;
  std::string supabase_webhook_secret;
};

struct limit_settings {
  bool enabled = true;
  std::int64_t login_per_account_per_hour = 0;
  std::int64_t login_per_address_per_hour = 0;
  std::int64_t passwords_per_address_per_hour = 0;
  std::int64_t resets_per_address_per_hour = 0;
  std::int64_t mails_per_account_per_hour = 0;
};

struct cors_settings {
  std::vector<std::string> allowed_origins;
  milliseconds max_age{};
};

struct log_settings {
  log_level level = log_level::info;
  log_format format = log_format::automatic;
};

struct entity_settings {
  milliseconds idle{};
  std::int64_t mailbox = 0;
  byte_size course_memory;
  milliseconds ask_timeout{};
};

struct order_settings {
  milliseconds pending_lifetime{};
};

struct course_settings {
  std::int64_t new_categories = 0;
  byte_size max_bytes;
};

struct catalog_settings {
  std::int64_t page_cache = 0;
  byte_size row_memory;
};

struct job_settings {
  milliseconds poll{};
};

struct plugin_settings {
  std::string dir;  ///< empty: beside the executable, or lib/stoa/plugins of its prefix; ask folder()
  std::vector<std::string> disabled;
  std::int64_t threads = 0;
  std::int64_t sessions = 0;
  std::int64_t concurrency = 0;
  byte_size max_answer;
  milliseconds stall_after{};
  std::int64_t breaker_failures = 0;
  milliseconds breaker_pause{};
  std::int64_t event_tries = 0;
  milliseconds event_deadline{};
  std::vector<std::string> trusted_keys;
  bool allow_unsigned = true;
  milliseconds start_deadline{};
  milliseconds migrate_deadline{};
  milliseconds stop_deadline{};
  /// `[plugins.<id>]` as written, lowest layer first; make_section() checks one against its plugin's schema.
  std::map<std::string, std::vector<raw_value>> sections;

  std::filesystem::path folder() const;
  /// What was written for the plugin; empty for none.
  std::vector<raw_value> section(const std::string& id) const;
};

struct settings {
  server_settings server;
  http_settings http;
  admin_settings admin;
  database_settings database;
  data_settings data;
  security_settings security;
  account_settings accounts;
  limit_settings limits;
  cors_settings cors;
  log_settings log;
  entity_settings entities;
  course_settings courses;
  catalog_settings catalog;
  order_settings orders;
  job_settings jobs;
  plugin_settings plugins;
  /// `[points]`: which plugin is asked where several offer one interface, by the interface's name.
  std::map<std::string, std::string> points;

  /// Sections that somebody above declared, as written, lowest layer first; read_section() gives access to one.
  std::map<std::string, std::vector<raw_value>> declared;
  /// What was written in a declared section; empty for nothing.
  std::vector<raw_value> written(const std::string& section) const;

  /// Where each key that is not a default was written last: `http.listen` -> `config/stoa.toml:12`.
  std::map<std::string, std::string> origins;
  /// What was left unheeded and should be told: one text for each, never with a value.
  std::vector<std::string> warnings;
};

/// Everything settings are read from, lowest layer first.
struct sources {
  std::vector<std::filesystem::path> files;
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<std::string> overrides;  ///< `section.key=value`, from the command line
};

/// The sources of a real start: `config/stoa.toml` below the working directory, else `/etc/stoa/stoa.toml`; then `file`
/// or what STOA_CONFIG names; the environment; the command line.
sources standard_sources(const std::optional<std::filesystem::path>& file, std::vector<std::string> overrides);

/// Reads and checks all layers; `declared` are sections beside the core's own. Throws settings_error; a production
/// server with development secrets is refused too. An environment variable that names no setting is only a warning:
/// container platforms set some of their own for a service called stoa (STOA_SERVICE_HOST, STOA_PORT).
settings load(const sources& from, const std::vector<declared_section>& declared = {});

/// The built-in defaults alone.
settings default_settings();

/// What production refuses: development secrets, weak hashing, cookies without Secure.
void check_production(const settings& s);

/// All settings as TOML, each with its origin; secrets as `***`. `plugins` are the plugins' schemas, by id: which of
/// their values are secret only they know, so that those of other plugins are hidden all.
std::string show(const settings& s, const std::vector<declared_section>& declared = {},
                 const std::map<std::string, std::vector<setting>>& plugins = {});

}  // namespace stoa::runtime
