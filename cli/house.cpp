#include "cli/house.hpp"

#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "actors/attempt/attempt_service.hpp"
#include "actors/course/course_service.hpp"
#include "actors/order/order_service.hpp"
#include "api/contracts.hpp"
#include "api/http/docs.hpp"
#include "api/http/front_page.hpp"
#include "api/http/link_pages.hpp"
#include "api/http/openapi.hpp"
#include "api/http/pipeline.hpp"
#include "api/http/server.hpp"
#include "api/http/uri.hpp"
#include "cli/composition.hpp"
#include "cli/data_folders.hpp"
#include "cli/demo/demo.hpp"
#include "cli/listening.hpp"
#include "cli/mounting.hpp"
#include "cli/operator_routes.hpp"
#include "cli/operators_door.hpp"
#include "cli/parts.hpp"
#include "cli/waiting.hpp"
#include "runtime/events/pump.hpp"
#include "runtime/jobs/runner.hpp"
#include "runtime/outbound/curl_http_client.hpp"
#include "runtime/plugin/schedule.hpp"
#include "runtime/plugin/switches.hpp"
#include "runtime/store/plugin_role.hpp"

namespace stoa::cli {
namespace {

/// Tokens to callers for the front end.
class account_authenticator final : public http::authenticator {
 public:
  explicit account_authenticator(actors::account_service& accounts) : accounts_(accounts) {}
  result<caller> identify(std::string_view token, timestamp) override { return accounts_.identify(token); }
  std::optional<task<done>> confirm(const caller& who) override { return accounts_.confirm(who); }

 private:
  actors::account_service& accounts_;
};

/// What `/` tells: the dialects that are served and, with demo data only, who can sign in.
http::front_page telling(const std::vector<api::contract>& contracts, const std::string& public_path, bool with_demo) {
  http::front_page page;
  page.version = STOA_VERSION;
  page.public_path = public_path;
  for (const auto& c : contracts)
    page.dialects.push_back({std::string(name_of(c.policy.dialect)), c.policy.prefix, c.policy.base});
  if (!with_demo) return page;
  for (const auto& a : demo::accounts()) page.people.push_back({a.role, a.email});
  page.password = demo::demo_options{}.password;
  return page;
}

/// A listener of its own for operators, with its routes.
struct admin_door {
  http::server_options options;
  http::router router{http::router_options{}};
  std::unique_ptr<http::pipeline> pipeline;
  std::unique_ptr<http::server> server;  // before the pipeline ends
};

}  // namespace

struct house::state {
  state(const runtime::settings& s, const stoa::clock& c, std::shared_ptr<runtime::bound_logger> l, house_options o)
      : settings(s),
        time(c),
        log(std::move(l)),
        options(o),
        room(room_for_connections(s, *log)),
        front(listening(s, room), *log),
        post(front.post()) {}

  void open() {
    if (!options.surface_only) {
      claimed.emplace(settings.http.listen);
      database.emplace(settings, database_home::use::serve, *log);
      database->migrate(*log, options.only_check_migrations, options.leaving);
    }
    domain.emplace(settings, database ? database->connection() : std::string(), post, time, *log, meters);
    domain->areas().offer<local_folders>(folders);
    open_outside();
    open_plugins();
    open_routes();
    if (!options.surface_only) add_parts();
  }

  /// Calls to the outside, and events.
  void open_outside() {
    runtime::outbound_options calling;
    calling.post = post;
    calling.log = log.get();
    calling.meters = &meters;
    outbound.emplace(std::move(calling));

    runtime::pump_options pumping;
    pumping.poll = settings.jobs.poll;
    pumping.tries = settings.plugins.event_tries;
    pumping.deadline = settings.plugins.event_deadline;
    pumping.log = log.get();
    pumping.meters = &meters;
    pump.emplace(domain->store(), time, pumping);
    pump->add(actors::course_numbers_subscription(domain->services()));
    pump->add(actors::owned_orders_subscription(domain->services()));
    for (const auto& o : domain->services().observers) pump->watch(o);

    runtime::job_options working;
    working.poll = settings.jobs.poll;
    working.post = post;
    working.log = log.get();
    working.meters = &meters;
    jobs.emplace(domain->store(), time, std::move(working));
    domain->accounts().mails().set_own_address(
        [this] { return settings.http.public_url.empty() ? url() : settings.http.public_url; });
    for (auto& w : domain->accounts().mails().workers()) jobs->add(std::move(w));
    for (auto& w : domain->attempts().workers()) jobs->add(std::move(w));
    domain->attempts().set_jobs_queued([this] { jobs->kick(); });
    domain->set_events_written([this] { pump->kick(); });
  }

  void open_plugins() {
    runtime::plugin_services offered{
        [this](const std::string& id) -> std::shared_ptr<logger> { return log->with("plugin", id); },
        meters,
        domain->store(),
        *outbound,
        domain->computing(),
        time,
        domain->areas(),
        *pump,
        *jobs,
        domain->hosting(),
        post,
        [this](const std::string& id, const std::filesystem::path& folder) -> std::string {
          return database ? database->migrate_plugin(id, folder, *log) : std::string();
        },
        [this] { return url(); },
        [this](const std::string& id) { return domain->sessions_for(id); }};
    if (database)
      offered.look_at = [this](const std::string& role, const std::vector<statement>& all) {
        runtime::plain_connection db(database->connection());
        runtime::look_at_statements(db, role, all);
      };
    offered.master_keys = [this] {
      std::vector<std::string> keys{settings.security.token_key};
      if (!settings.security.token_key_previous.empty()) keys.push_back(settings.security.token_key_previous);
      return keys;
    };
    auto how = plugging(settings);
    how.leaving = options.leaving;
    if (options.keep_crashes) how.journal = cli::keep_crashes(settings, *log);
    if (database)
      for (auto& id : database->plugins_off()) how.disabled.push_back(std::move(id));
    plugins.emplace(std::move(offered), std::move(how));
    plugins->load();
    if (database) database->plugins_loaded();
  }

  void open_routes() {
    handlers.emplace(domain->areas());
    router.emplace(api::routing(settings));
    const auto contracts = api::make_contracts(*handlers, time, settings, [this] { return all.unready(); });
    mount(contracts, *plugins, *router);
    if (options.surface_only) return;
    route_table plain;
    add_health_routes(plain, health());
    const auto public_path = http::path_of(settings.http.public_url);
    std::vector<std::pair<std::string, std::string>> documents;
    for (const auto& c : contracts)
      documents.emplace_back(
          name_of(c.policy.dialect),
          http::openapi_document(*router, c.policy.dialect, STOA_VERSION, public_path, examples_of(c.policy.dialect)));
    http::add_docs(plain, part_folder("swagger-ui"), std::move(documents), public_path);
    // Any dialect's routes would do: what they do is the same.
    const auto& first = contracts.front().policy.prefix;
    http::add_link_pages(plain, {public_path, first + "/auth/password-reset/confirm/", first + "/auth/verify-email/"});
    http::add_pages(plain, "/docs/sdk/", part_folder("docs/sdk"));
    http::add_front_page(plain, telling(contracts, public_path, options.demo));
    router->add_plain(plain);
    who.emplace(domain->accounts());
    kept.emplace(domain->store());
    pipeline.emplace(piping(settings), http::pipeline::parts{*router, *who, &*kept, time, meters, *log});

    const auto aside = admin_listening(settings, room);
    if (!aside) return;
    admin.emplace();
    admin->options = *aside;
    admin->server = std::make_unique<http::server>(*aside, *log);
    route_table for_operators;
    add_health_routes(for_operators, health());
    add_metrics_route(for_operators, [this] { return render_metrics(); });
    admin->router.add_plain(for_operators);
    admin->pipeline = std::make_unique<http::pipeline>(
        piping(settings), http::pipeline::parts{admin->router, *who, nullptr, time, meters, *log});
  }

  health_state health() {
    return {[this] { return all.unready(); }, [this] { return plugins->degraded(); }};
  }

  std::string render_metrics() {
    for (auto* d : domain->services().directories)
      meters.level("stoa_actors", "Live entity actors by kind", {{"kind", d->kind()}})
          .set(static_cast<double>(d->size()));
    return meters.render();
  }

  /// In the order of their starting; they end in the reverse order, intake first and the database last, but for events:
  /// observers hear from before the first row is read into memory, so that nothing falls between, and the pump ends
  /// while the listener's threads still run.
  void add_parts() {
    all.add({.name = "database",
             .start = [this] { database->keep_alive(*log); },
             .ready = [this] { return domain->store().healthy(); },
             .stop = [this] { database->stop(); }});
    all.add({.name = "domain", .stop = [this] { domain->stop(); }});
    all.add({.name = "events",
             .start = [this] { pump->start(); },
             .stop = [this] { pump->stop(); },
             .ends_before = "listener"});
    all.add({.name = "sessions", .start = [this] { read_revocations(); }});
    all.add({.name = "outbound", .stop = [this] { outbound->stop(); }});
    all.add({.name = "listener",
             .start = [this] { start_front(); },
             .stop = [this] { front.stop(settings.server.shutdown_grace); }});
    if (admin)
      all.add({.name = "operators' listener",
               .start = [this] { start_admin(); },
               .stop = [this] { admin->server->stop(seconds{1}); }});
    if (options.demo) all.add({.name = "demo data", .start = [this] { load_demo(); }});
    all.add({.name = "bestsellers", .start = [this] { measure_courses(); }});
    all.add({.name = "catalogue",
             .start = [this] { read_catalogue(); },
             .ready = [this] { return domain->catalog().ready(); }});
    all.add({.name = "jobs", .start = [this] { jobs->start(); }, .stop = [this] { jobs->stop(); }});
    all.add({.name = "pending orders", .start = [this] { arm_pending_orders(); }});
    all.add({.name = "open attempts", .start = [this] { arm_open_attempts(); }});
    all.add({.name = "plugins", .start = [this] { plugins->start(); }, .stop = [this] { plugins->stop(); }});
    all.add({.name = "plugin switches",
             .start = [this] { switches.emplace(domain->store(), *plugins, *log); },
             .stop = [this] { switches.reset(); }});
    all.add({.name = "operators' socket",
             .start =
                 [this] {
                   const auto lag = [this](const std::string& name) { return pump->lag(name); };
                   socket = open_admin_socket(settings, *plugins, lag, *log);
                 },
             .stop = [this] { socket.reset(); }});
    all.add({.name = "housekeeping", .start = [this] { start_housekeeping(); }, .stop = [this] { schedule->stop(); }});
    all.add({.name = "intake", .stop = [this] { pipeline->close_intake(); }});
  }

  void read_revocations() {
    auto warm = wait_for_call<done>([&](auto finished) { domain->accounts().warm_up(std::move(finished)); });
    if (!warm) throw fault_error(warm.refusal());
  }

  /// Courses can be shown without the marks: none is a bestseller until they are read, which the next reader sees to.
  void measure_courses() {
    const auto measured = wait_for(domain->courses().numbers().first_marks());
    if (!measured) log->warn("what makes a bestseller is not known yet", {{"code", measured.refusal().code}});
  }

  /// A large one is read while the other parts start; one that cannot be read now is tried again.
  void read_catalogue() {
    domain->catalog().start();
    const auto there = wait_for(domain->catalog().loaded(), seconds{5});
    if (!there) log->info("the catalogue is not read yet", {{"code", there.refusal().code}});
  }

  void arm_pending_orders() {
    auto armed = wait_for(domain->orders().look_after_pending());
    if (!armed) throw fault_error(armed.refusal());
  }

  void arm_open_attempts() {
    auto armed = wait_for(domain->attempts().look_after_deadlines());
    if (!armed) throw fault_error(armed.refusal());
  }

  void start_front() {
    try {
      front.start(*pipeline);
      claimed.reset();
    } catch (const std::system_error& e) {
      throw settings_error("[http] listen: " + std::string(e.what()));
    }
  }

  void start_admin() {
    try {
      admin->server->start(*admin->pipeline);
    } catch (const std::system_error& e) {
      if (!settings.admin.listen.empty()) throw settings_error("[admin] listen: " + std::string(e.what()));
      // Nobody asked for that very port: another one does.
      log->warn("the port beside the main one is taken; [admin] listen names another for operators",
                {{"port", std::to_string(admin->options.port)}});
      admin->options.port = 0;
      admin->server = std::make_unique<http::server>(admin->options, *log);
      admin->server->start(*admin->pipeline);
    }
  }

  void load_demo() {
    const auto hash = [this](const std::string& password) { return domain->hasher().hash(password); };
    auto loaded = wait_for(demo::load(domain->store(), hash, time, *log), minutes{5});
    if (!loaded) throw fault_error(loaded.refusal());
  }

  /// These handlers live in `schedule`, which ends before what they refer to.
  void start_housekeeping() {
    schedule.emplace(post);
    const auto complain = [this](const fault& f) { log->warn("housekeeping failed", {{"code", f.code}}); };
    schedule->add(
        "entities", minutes{1},
        [this]() -> task<done> {
          domain->sweep(time.now() - settings.entities.idle);
          co_return done{};
        },
        complain);
    schedule->add(
        "catalogue", seconds{1},
        [this]() -> task<done> {
          domain->catalog().look();
          domain->courses().look();
          co_return done{};
        },
        complain);
    schedule->add(
        "instructors", seconds{5},
        [this]() -> task<done> {
          domain->courses().numbers().tell_siblings();
          co_return done{};
        },
        complain);
    schedule->add(
        "pending orders", minutes{10}, [this] { return domain->orders().look_after_pending(); }, complain);
    schedule->add(
        "attempts", minutes{1}, [this] { return domain->attempts().look_after_deadlines(); }, complain);
    schedule->add(
        "watched attempts", seconds{2}, [this] { return domain->attempts().look_live(); }, complain);
    schedule->add(
        "sessions", minutes{10}, [this] { return domain->accounts().housekeeping(); }, complain);
    schedule->add(
        "idempotency", minutes{10},
        [this]() -> task<done> {
          purge_options options;
          options.meters = &meters;
          options.log = log.get();
          co_await kept->purge(time.now(), options);
          co_return done{};
        },
        complain);
  }

  std::string url() const {
    const auto port = front.port();
    return port == 0 ? std::string() : "http://" + runtime::endpoint{settings.http.listen.host, port}.text();
  }

  const runtime::settings& settings;
  const stoa::clock& time;
  const std::shared_ptr<runtime::bound_logger> log;
  const house_options options;
  const descriptor_shares room;

  runtime::metrics_registry meters;
  std::optional<claimed_port> claimed;  ///< from before the database is made until the listener listens
  std::optional<database_home> database;
  http::server front;
  const std::function<void(std::function<void()>)> post;
  data_folders folders{settings.data.dir};
  std::optional<domain_house> domain;
  std::optional<runtime::curl_http_client> outbound;
  std::optional<runtime::pump> pump;
  std::optional<runtime::job_runner> jobs;
  std::optional<runtime::runtime_plugin_host> plugins;
  std::optional<runtime::plugin_switches> switches;
  std::unique_ptr<admin_socket> socket;
  std::optional<stoa::domain> handlers;
  std::optional<http::router> router;
  std::optional<account_authenticator> who;
  std::optional<runtime::idempotency_table> kept;
  std::optional<http::pipeline> pipeline;
  std::optional<admin_door> admin;
  std::optional<runtime::schedule> schedule;
  parts all;
};

house::house(const runtime::settings& s, const stoa::clock& time, std::shared_ptr<runtime::bound_logger> log,
             house_options options)
    : state_(std::make_unique<state>(s, time, std::move(log), options)) {}

house::~house() { stop(); }

void house::open() { state_->open(); }
void house::start() { state_->all.start(); }

void house::stop() {
  state_->all.stop([this](const std::string& part, const char* why) {
    state_->log->error("a part did not end well", {{"part", part}, {"reason", why}});
  });
}

void house::end_database() {
  if (state_->database) state_->database->stop();
}

std::string house::url() const { return state_->url(); }

std::string house::admin_url() const {
  if (!state_->admin) return {};
  const auto& door = *state_->admin;
  return "http://" + runtime::endpoint{door.options.host, door.server->port()}.text();
}

std::vector<std::string> house::unready() const { return state_->all.unready(); }
bool house::stuck() const { return state_->plugins && state_->plugins->stuck(); }
const runtime::runtime_plugin_host& house::plugins() const { return *state_->plugins; }
std::vector<std::string> house::starting() const { return state_->all.starting(); }
std::vector<std::string> house::ending() const { return state_->all.ending(); }
const http::router& house::router() const { return *state_->router; }
registry& house::areas() { return state_->domain->areas(); }

}  // namespace stoa::cli
