#include "cli/composition.hpp"

#include <condition_variable>
#include <mutex>

#include "actors/catalog/catalog_service.hpp"
#include "actors/course/course_service.hpp"
#include "actors/facades.hpp"
#include "actors/order/order_service.hpp"
#include "runtime/events/outbox_home.hpp"
#include "runtime/store/conninfo.hpp"
#include "runtime/store/migrate.hpp"
#include "runtime/store/plain.hpp"
#include "runtime/store/plugin_role.hpp"

namespace stoa::cli {

std::filesystem::path executable_folder() {
  std::error_code ignored;
  auto self = std::filesystem::read_symlink("/proc/self/exe", ignored);
  return ignored ? std::filesystem::current_path() : self.parent_path();
}

std::filesystem::path part_folder(const std::string& name) {
  const auto beside = executable_folder();
  const auto above = beside.parent_path();
  for (const auto& folder : {beside / name, above / name, above / "share" / "stoa" / name})
    if (std::filesystem::is_directory(folder)) return folder;
  return {};
}

std::filesystem::path migrations_folder() {
  auto folder = part_folder("migrations");
  if (folder.empty())
    throw settings_error("no folder of migrations beside " + executable_folder().string() +
                         ": the installation is incomplete");
  return folder;
}

std::filesystem::path plugins_folder(const runtime::settings& s) { return s.plugins.folder(); }

std::filesystem::path crash_file(const runtime::settings& s) { return s.data.dir / "plugin-crashes"; }

runtime::argon2_cost hash_cost(const runtime::settings& s) {
  runtime::argon2_cost cost;
  cost.memory_kib = static_cast<std::uint32_t>(s.security.argon2_memory.bytes / 1024);
  cost.iterations = static_cast<std::uint32_t>(s.security.argon2_iterations);
  cost.parallelism = static_cast<std::uint32_t>(s.security.argon2_parallelism);
  return cost;
}

database_home::database_home(const runtime::settings& s, use how, logger& log) {
  if (s.database.mode == runtime::database_mode::external) {
    connection_ = s.database.url;
    migrating_ = s.database.migrate_url.empty() ? connection_ : s.database.migrate_url;
    embedded_mode_ = false;
    return;
  }
  if (how == use::beside)
    if (auto running = runtime::embedded_postgres::attach(s.data.dir)) {
      connection_ = migrating_ = *running;
      return;
    }
  runtime::embedded_options options;
  options.data_dir = s.data.dir;
  options.log = &log;
  embedded_.emplace(options);
  connection_ = migrating_ = embedded_->connection_string();
}

database_home::~database_home() = default;

void database_home::migrate(logger& log, bool only_check, const std::stop_token& leaving) {
  only_check_ = only_check;
  runtime::migrate_options options;
  options.connection = only_check ? connection_ : migrating_;
  options.folder = migrations_folder();
  options.only_check = only_check;
  options.log = &log;
  options.afterwards = [&log](runtime::plain_connection& db) { runtime::settle_outbox(db, &log); };
  std::mutex guard;
  std::condition_variable_any tick;
  std::unique_lock lock(guard);
  const auto until = std::chrono::steady_clock::now() + seconds{30};
  for (;;) {
    try {
      runtime::migrate(options);
      warn_of_rights(log);
      return;
    } catch (const db_error& e) {
      // An external database may come up after us; SQL errors of a migration are another matter.
      if (embedded_ || !runtime::may_pass(e) || std::chrono::steady_clock::now() > until) throw;
      log.warn("waiting for the database", {{"reason", e.what()}});
      if (tick.wait_for(lock, leaving, seconds{1}, [&] { return leaving.stop_requested(); })) throw;
    }
  }
}

void database_home::warn_of_rights(logger& log) {
  runtime::plain_connection db(connection_);
  for (const auto& row :
       db.run("select rolname, rolsuper from pg_roles where rolname = current_user and (rolsuper or rolbypassrls)"))
    log.warn(
        "the server's database role is above row-level security: what keeps people's rows apart in the database is "
        "off; "
        "docs/operations.md has the rights that are enough",
        {{"role", row.at(0).value()}, {"has", row.at(1) == "t" ? "SUPERUSER" : "BYPASSRLS"}});
}

std::string database_home::migrate_plugin(const std::string& id, const std::filesystem::path& folder, logger& log) {
  const auto role = role_of_plugin(id, log);
  if (!std::filesystem::is_directory(folder)) return role;
  runtime::migrate_options options;
  options.connection = only_check_ ? connection_ : migrating_;
  options.folder = folder;
  options.scope = id;
  options.role = role;
  options.only_check = only_check_;
  options.log = &log;
  runtime::migrate(options);
  return role;
}

std::string database_home::administration() const {
  if (embedded_mode_) return runtime::for_superuser(connection_);
  return only_check_ ? connection_ : migrating_;
}

runtime::plain_connection& database_home::admin() {
  if (!admin_) {
    admin_ = std::make_unique<runtime::plain_connection>(administration());
    owner_ = embedded_mode_ ? runtime::parse_conninfo(connection_)["user"]
                            : runtime::plain_connection(connection_).run("select current_user").at(0).at(0).value();
  }
  return *admin_;
}

std::vector<std::string> database_home::plugins_off() {
  std::vector<std::string> all;
  for (const auto& row : admin().run("select id from public.plugin_off order by id")) all.push_back(row.at(0).value());
  return all;
}

std::string database_home::role_of_plugin(const std::string& id, logger& log) {
  try {
    auto& db = admin();
    return runtime::make_plugin_role(db, owner_, id);
  } catch (const db_error& e) {
    if (embedded_mode_ || e.sqlstate() != "42501") throw;
    log.warn(
        "the database does not let us make a role for the plugin: it has the server's own rights; "
        "create role plugin_<id> and grant it to the server's role",
        {{"plugin", id}});
    return {};
  }
}

void database_home::keep_alive(logger& log) {
  if (!embedded_) return;
  keeper_ = std::jthread([this, &log](std::stop_token ended) {
    std::mutex guard;
    std::condition_variable_any tick;
    std::unique_lock lock(guard);
    while (!tick.wait_for(lock, ended, seconds{1}, [&] { return ended.stop_requested(); })) {
      if (embedded_->running()) continue;
      log.error("the embedded database has ended; starting it again", {});
      try {
        embedded_->start();
      } catch (const std::exception& e) {
        log.error("the embedded database does not start", {{"reason", e.what()}});
      }
    }
  });
}

void database_home::stop() {
  keeper_ = {};
  if (embedded_) embedded_->stop();
}

domain_house::domain_house(const runtime::settings& s, const std::string& connection,
                           std::function<void(std::function<void()>)> post, const stoa::clock& time, logger& log,
                           metrics& meters)
    : hasher_(hash_cost(s)), events_written_([] {}) {
  runtime::require_strong(hasher_.cost());
  runtime::store_options database;
  database.connection = connection;
  database.command_workers = static_cast<std::size_t>(s.database.workers);
  database.read_workers = static_cast<std::size_t>(s.database.read_workers);
  database.consumer_workers = static_cast<std::size_t>(s.database.consumer_workers);
  database.queue_bound = static_cast<std::size_t>(s.database.queue);
  database.statement_timeout = s.database.statement_timeout;
  database.lock_timeout = s.database.lock_timeout;
  database.call_deadline = s.http.request_timeout;
  database.post = post;
  database.meters = &meters;
  database.log = &log;
  storing_ = database;
  sessions_of_plugins_ = s.plugins.sessions;
  event_deadline_ = s.plugins.event_deadline;
  store_ = std::make_unique<runtime::store>(std::move(database));

  runtime::hash_pool_settings hashing;
  hashing.threads = static_cast<std::size_t>(s.security.hash_threads);
  hashing.queue = static_cast<std::size_t>(s.security.hash_queue);
  hashing.deadline = s.http.request_timeout;
  hashes_ = std::make_unique<runtime::hash_pool>(hasher_, hashing, post);

  runtime::offload_settings computing;
  computing.threads = static_cast<std::size_t>(s.server.offload_threads);
  computing.queue = static_cast<std::size_t>(s.server.offload_queue);
  computing.patience = s.http.request_timeout;
  computing_ = std::make_unique<runtime::offload_pool>(computing, post, meters);

  runtime::token_settings signing;
  signing.key = s.security.token_key;
  if (!s.security.token_key_previous.empty()) signing.older_keys.push_back(s.security.token_key_previous);
  signing.issuer = s.security.issuer;
  signing.audience = s.security.audience;
  tokens_ = std::make_unique<runtime::token_service>(std::move(signing));

  runtime::actor_options scheduling;
  scheduling.threads = s.server.actor_workers();
  scheduling.ask_timeout = s.entities.ask_timeout;
  actors_ = std::make_unique<runtime::actor_system>(scheduling, post, log);

  alarms_ = std::make_unique<runtime::alarms>(time);
  services_.reset(new actors::services{*store_, time, log, meters, *actors_, *alarms_, areas_,
                                       static_cast<std::size_t>(s.entities.mailbox), [this] { events_written_(); },
                                       static_cast<std::size_t>(s.entities.course_memory.bytes)});
  hosting_.reset(
      new runtime::plugin_entities({*actors_, *alarms_, time, meters, services_->mailbox, [this] { events_written_(); },
                                    [this](auto& d) { services_->directories.push_back(&d); },
                                    [scheduling, post, &log](const std::string&) {
                                      runtime::actor_options own = scheduling;
                                      own.threads = 1;
                                      return std::make_unique<runtime::actor_system>(own, post, log);
                                    }}));

  actors::account_options accounts;
  accounts.self_service_roles.clear();
  for (const auto& name : s.accounts.self_service_roles)
    if (auto known = role_named(name)) accounts.self_service_roles.push_back(*known);
  accounts.number_start = s.accounts.number_start;
  accounts.number_step = s.accounts.number_step;
  accounts.lock.failures = static_cast<std::size_t>(s.accounts.lock_failures);
  accounts.lock.window = s.accounts.lock_window;
  accounts.lock.duration = s.accounts.lock_duration;
  if (s.limits.enabled) accounts.sign_ins_per_hour = s.limits.login_per_account_per_hour;
  accounts.sealing_key = s.security.token_key;
  if (!s.security.token_key_previous.empty()) accounts.older_sealing_keys.push_back(s.security.token_key_previous);
  accounts.mfa_issuer = s.accounts.mfa_issuer;
  accounts.mails.reset_life = s.accounts.reset_lifetime;
  accounts.mails.verification_life = s.accounts.verification_lifetime;
  accounts.mails.verify_at_registration = s.accounts.verify_email;
  accounts.mails.reset_page = s.accounts.reset_page;
  accounts.mails.verify_page = s.accounts.verify_page;
  if (s.limits.enabled) {
    accounts.mails.asked_per_address = s.limits.resets_per_address_per_hour;
    accounts.mails.written_per_account = s.limits.mails_per_account_per_hour;
  }
  accounts_ = &actors::offer_accounts(*services_, std::move(accounts), *hashes_, *tokens_);
  actors::course_options authoring;
  authoring.new_categories = s.courses.new_categories;
  authoring.most_bytes = s.courses.max_bytes.bytes;
  courses_ = &actors::offer_courses(*services_, authoring);
  actors::catalog_options pages;
  pages.page_cache = static_cast<std::size_t>(s.catalog.page_cache);
  pages.row_memory = static_cast<std::size_t>(s.catalog.row_memory.bytes);
  pages.post = post;
  catalog_ = &actors::offer_catalog(*services_, std::move(pages));
  actors::offer_carts(*services_);
  actors::offer_wishlists(*services_);
  actors::offer_enrollments(*services_);
  actors::offer_tracks(*services_);
  actors::offer_history(*services_);
  actors::order_options ordering;
  ordering.pending_lifetime = s.orders.pending_lifetime;
  orders_ = &actors::offer_orders(*services_, ordering);
  actors::offer_quizzes(*services_);
  attempts_ = &actors::offer_attempts(*services_, {post});
}

domain_house::~domain_house() { stop(); }

void domain_house::sweep(timestamp before) {
  for (auto* directory : services_->directories) directory->sweep(before);
}

std::shared_ptr<database> domain_house::sessions_for(const std::string& plugin) {
  auto& own = plugin_stores_[plugin];
  if (own) return own;
  auto o = storing_;
  o.owner = "plugin_" + plugin;
  o.command_workers = o.read_workers = o.consumer_workers = static_cast<std::size_t>(sessions_of_plugins_);
  o.idle_in_transaction = event_deadline_;
  o.lazy = true;
  o.reset_sessions = true;
  own = std::make_shared<runtime::store>(std::move(o));
  return own;
}

void domain_house::set_events_written(std::function<void()> told) { events_written_ = std::move(told); }

void domain_house::stop() {
  alarms_->stop();
  hashes_->stop();
  computing_->stop();
  store_->stop();
  for (auto& [plugin, own] : plugin_stores_) own->stop(seconds{1});
  // The directories let go of their actors; a system waits for those that anybody still holds.
  for (auto* directory : services_->directories) directory->end_all();
  actors_->shutdown();
  hosting_->shutdown(seconds{2});
}

}  // namespace stoa::cli
