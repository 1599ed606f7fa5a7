#include "cli/serve.hpp"

#include <csignal>
#include <cstdio>
#include <iostream>
#include <thread>

#include "actors/course/course_facade.hpp"
#include "api/http/docs.hpp"
#include "api/http/front_page.hpp"
#include "api/http/openapi.hpp"
#include "api/http/pipeline.hpp"
#include "api/http/server.hpp"
#include "api/idempotency_table.hpp"
#include "cli/composition.hpp"
#include "cli/demo/demo.hpp"
#include "cli/mounting.hpp"
#include "cli/waiting.hpp"
#include "runtime/outbound/curl_http_client.hpp"
#include "runtime/outbox/pump.hpp"
#include "runtime/plugin/schedule.hpp"
#include "runtime/store/migrate.hpp"

namespace stoa::cli {
namespace {

runtime::log_options logging(const runtime::settings& s) {
  runtime::log_options o;
  o.level = s.log.level;
  o.format = s.log.format == runtime::log_format::json   ? runtime::log_style::json
             : s.log.format == runtime::log_format::text ? runtime::log_style::text
                                                         : runtime::log_style::automatic;
  return o;
}

/// Tokens to callers for the front end.
class account_authenticator final : public http::authenticator {
 public:
  explicit account_authenticator(const actors::account_service& accounts) : accounts_(accounts) {}
  result<caller> identify(std::string_view token, timestamp) override { return accounts_.identify(token); }

 private:
  const actors::account_service& accounts_;
};

http::pipeline_options piping(const runtime::settings& s) {
  http::pipeline_options o;
  o.max_in_flight = static_cast<std::size_t>(s.http.max_in_flight);
  o.max_body = static_cast<std::size_t>(s.http.max_body.bytes);
  o.request_timeout = s.http.request_timeout;
  o.public_url = s.http.public_url;
  o.trusted_proxies = s.http.trusted_proxies;
  o.secure_cookies = s.security.cookie_secure;
  o.cors.allowed_origins = s.cors.allowed_origins;
  o.cors.max_age = std::chrono::duration_cast<seconds>(s.cors.max_age);
  return o;
}

http::server_options listening(const runtime::settings& s) {
  http::server_options o;
  o.host = s.http.listen.host;
  o.port = s.http.listen.port;
  o.threads = static_cast<std::size_t>(s.server.threads);
  o.max_connections = static_cast<std::size_t>(s.http.max_connections);
  o.pipelining = static_cast<std::size_t>(s.http.pipelining);
  o.max_header_bytes = static_cast<std::size_t>(s.http.max_header_bytes.bytes);
  o.idle_timeout = s.http.idle_timeout;
  return o;
}

/// `/health`, `/ready`, `/metrics`: for operators and their tools, outside of all dialects.
void add_operator_routes(route_table& plain, runtime::store& store, runtime::metrics_registry& meters,
                         std::function<void()> before_metrics) {
  auto alive = std::make_shared<const std::string>(R"({"status":"ok"})");
  plain.get<wire::nothing, reply>("/health", {.summary = "Whether the process lives"},
                                  [alive](const request&, wire::nothing) -> task<reply> {
                                    reply r;
                                    r.body.push_back({{}, alive});
                                    co_return r;
                                  });
  plain.get<wire::nothing, reply>(
      "/ready", {.summary = "Whether requests can be served"}, [&store](const request&, wire::nothing) -> task<reply> {
        if (store.healthy()) co_return reply::json_text(R"({"status":"ready"})");
        co_return reply::json_text(R"({"status":"unavailable","unavailable":["database"]})", 503);
      });
  plain.get<wire::nothing, reply>(
      "/metrics", {.summary = "Prometheus' text format"},
      [&meters, before_metrics = std::move(before_metrics)](const request&, wire::nothing) -> task<reply> {
        before_metrics();
        reply r = reply::json_text(meters.render());
        r.content_type = "text/plain; version=0.0.4; charset=utf-8";
        co_return r;
      });
}

/// What `/` tells: the dialects that are served and, with demo data only, who can sign in.
http::front_page telling(const std::vector<api::contract>& contracts, bool with_demo) {
  http::front_page page;
  page.version = STOA_VERSION;
  for (const auto& c : contracts)
    page.dialects.push_back({std::string(name_of(c.policy.dialect)), c.policy.prefix, c.policy.base});
  if (!with_demo) return page;
  for (const auto& a : demo::accounts()) page.people.push_back({a.role, a.email});
  page.password = demo::demo_options{}.password;
  return page;
}

void load_demo(domain_house& house, const stoa::clock& time, logger& log) {
  const auto hash = [&house](const std::string& password) { return house.hasher().hash(password); };
  auto loaded = wait_for(demo::load(house.store(), hash, time, log), minutes{5});
  if (!loaded) throw fault_error(loaded.refusal());
}

void print_demo(const std::string& url) {
  std::printf("api docs %s/docs\n", url.c_str());
  for (const auto& a : demo::accounts()) std::printf("demo %-10s %s\n", a.role.c_str(), a.email.c_str());
  std::printf("demo password: %s\n", demo::demo_options{}.password.c_str());
}

int wait_for_stop_signal() {
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGINT);
  sigaddset(&wanted, SIGTERM);
  int got = 0;
  sigwait(&wanted, &got);
  return got;
}

/// Ends the process when a clean end takes too long: an operator's restart must not hang.
class watchdog {
 public:
  watchdog(milliseconds patience, logger& log)
      : thread_([this, patience, &log] {
          std::unique_lock lock(guard_);
          if (ended_.wait_for(lock, patience, [this] { return off_; })) return;
          log.error("the shutdown took too long; ending at once", {});
          std::_Exit(3);
        }) {}
  ~watchdog() {
    {
      std::lock_guard lock(guard_);
      off_ = true;
    }
    ended_.notify_all();
    thread_.join();
  }

 private:
  std::mutex guard_;
  std::condition_variable ended_;
  bool off_ = false;
  std::thread thread_;
};

}  // namespace

void block_stop_signals() {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGINT);
  sigaddset(&stop, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

int serve(const runtime::settings& s, serve_options options) {
  auto log = runtime::make_logger(logging(s));
  for (const auto& w : s.warnings) log->warn(w, {});
  runtime::metrics_registry meters;
  const stoa::system_clock time;

  database_home database(s, database_home::use::serve, *log);
  database.migrate(*log);

  http::server front(listening(s), *log);
  const auto post = front.post();
  domain_house house(s, database.connection(), post, time, *log, meters);

  runtime::outbound_options calling;
  calling.post = post;
  calling.log = log.get();
  calling.meters = &meters;
  runtime::curl_http_client outbound(std::move(calling));

  runtime::pump_options pumping;
  pumping.poll = s.jobs.poll;
  pumping.log = log.get();
  pumping.meters = &meters;
  runtime::pump pump(house.store(), time, pumping);
  pump.add(actors::course_numbers_subscription(house.services(), house.courses()));
  pump.add(actors::course_people_subscription(house.services(), house.courses()));
  house.set_events_written([&pump] { pump.kick(); });

  std::string own_url;  // known once the port is bound; asked for only after that
  runtime::plugin_services offered{
      [&log](const std::string& id) -> std::shared_ptr<logger> { return log->with("plugin", id); },
      meters,
      house.store(),
      outbound,
      time,
      house.areas(),
      pump,
      post,
      [&](const std::string& id, const std::filesystem::path& folder) {
        runtime::migrate_options m;
        m.connection = database.connection();
        m.folder = folder;
        m.scope = id;
        m.log = log.get();
        runtime::migrate(m);
      },
      [&own_url] { return own_url; }};
  runtime::runtime_plugin_host plugins(std::move(offered), plugging(s));
  plugins.load();

  stoa::domain domain(house.areas());
  http::router router(routing(s));
  const auto contracts = api::make_contracts(domain, time, s);
  mount(contracts, plugins, router);
  route_table plain;
  auto count_actors = [&] {
    for (auto* d : house.services().directories)
      meters.level("stoa_actors", "Live entity actors by kind", {{"kind", d->kind()}})
          .set(static_cast<double>(d->size()));
  };
  add_operator_routes(plain, house.store(), meters, count_actors);
  std::vector<std::pair<std::string, std::string>> documents;
  for (auto d : all_dialects) documents.emplace_back(name_of(d), http::openapi_document(router, d, STOA_VERSION));
  http::add_docs(plain, executable_folder() / "swagger-ui", std::move(documents));
  http::add_front_page(plain, telling(contracts, options.demo));
  router.add_plain(plain);

  account_authenticator who(house.accounts());
  http::idempotency_table kept(house.store());
  http::pipeline pipeline(piping(s), {router, who, &kept, time, meters, *log});

  auto warm = wait_for_call<done>([&](auto finished) { house.accounts().warm_up(std::move(finished)); });
  if (!warm) throw fault_error(warm.refusal());
  front.start(pipeline);
  own_url = "http://" + runtime::endpoint{s.http.listen.host, front.port()}.text();
  if (options.demo) load_demo(house, time, *log);

  database.keep_alive(*log);
  pump.start();
  plugins.start();
  // These handlers live in `schedule`, which ends before what they refer to.
  runtime::schedule schedule(post);
  const auto complain = [&log](const fault& f) { log->warn("housekeeping failed", {{"code", f.code}}); };
  schedule.add(
      "entities", minutes{1},
      [&]() -> task<done> {
        house.sweep(time.now() - s.entities.idle);
        co_return done{};
      },
      complain);
  schedule.add(
      "instructors", seconds{5},
      [&]() -> task<done> {
        house.courses().numbers().tell_siblings();
        co_return done{};
      },
      complain);
  schedule.add(
      "sessions", minutes{10}, [&] { return house.accounts().housekeeping(); }, complain);
  schedule.add(
      "idempotency", minutes{10}, [&] { return kept.purge(time.now()); }, complain);

  std::printf("ready on %s\n", own_url.c_str());
  if (options.demo) print_demo(own_url);
  std::fflush(stdout);

  wait_for_stop_signal();
  log->info("stopping", {});
  watchdog guard(s.server.shutdown_grace + seconds{30}, *log);
  pipeline.close_intake();
  schedule.stop();
  plugins.stop();
  pump.stop();
  front.stop(s.server.shutdown_grace);
  outbound.stop();
  house.stop();
  database.stop();
  log->info("stopped", {});
  return 0;
}

}  // namespace stoa::cli
