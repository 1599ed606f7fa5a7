#include "run_faults.hpp"

#include <atomic>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

#include "ward.hpp"

namespace stoa_plugin::trouble {

using namespace stoa;  // NOLINT: the plugin's own source, after its own headers

struct trouble_told {
  static constexpr std::string_view kind = "trouble.told";
  static constexpr std::string_view about = "Somebody told of trouble.";
  static constexpr std::string_view entity = "the teller";
  std::int64_t n = 0;
};
BOOST_DESCRIBE_STRUCT(trouble_told, (), (n))

struct trouble_visited {
  static constexpr std::string_view kind = "trouble.visited";
  static constexpr std::string_view about = "Somebody visited a ward.";
  static constexpr std::string_view entity = "the ward";
  std::int64_t visits = 0;
};
BOOST_DESCRIBE_STRUCT(trouble_visited, (), (visits))

struct trouble_work {
  static constexpr std::string_view kind = "trouble.work";
  std::int64_t n = 0;
};
BOOST_DESCRIBE_STRUCT(trouble_work, (), (n))

struct trouble_says {
  std::string says;
  std::int64_t n = 0;
};
BOOST_DESCRIBE_STRUCT(trouble_says, (), (says, n))

struct trouble_number {
  std::int64_t n = 0;
};
BOOST_DESCRIBE_STRUCT(trouble_number, (), (n))

struct trouble_where {
  std::string url;
  std::optional<bool> inside;
};
BOOST_DESCRIBE_STRUCT(trouble_where, (), (url, inside))

namespace {

constexpr statement told{"tell", STOA_TELL(":p1")};
constexpr statement queued{"queue", STOA_QUEUE(":p1") STOA_QUEUE_ONCE};
constexpr statement hear{"hear", "insert into plugin_trouble.heard (event_id, n) values (:p1::uuid, :p2::bigint)"};
constexpr statement count_heard{"count_heard", "select count(*), coalesce(sum(n), 0) from plugin_trouble.heard"};
constexpr statement slow{"slow", "select pg_sleep(:p1::double precision)"};
constexpr statement set_path{"set_path", "select set_config('search_path', 'nowhere', false)"};
constexpr statement set_acting{"set_acting", "select set_config('stoa.acting', 'system', false)"};
constexpr statement show_acting{
    "show_acting",
    "select coalesce(current_setting('stoa.acting', true), '') || '|' || current_setting('search_path')"};

const uuid teller = uuid::from_name("trouble");

constexpr statement load_ward{"ward.load", "select visits, version from plugin_trouble.ward where id = :p1::uuid"};
constexpr statement save_ward{
    "ward.save",
    "with root as ("
    " insert into plugin_trouble.ward as w (id, visits, version) values (:p1::uuid, :p3::bigint, 1)"
    " on conflict (id) do update set visits = excluded.visits, version = w.version + 1 where w.version = :p2::bigint"
    " returning version), told as (" STOA_TELL_ONE(":p4") ", root) select version from root"};

/// The kind's functions are nobody's members: what goes wrong with them is the last instance's.
std::shared_ptr<current_fault>& shared_fault() {
  static std::shared_ptr<current_fault> one;
  return one;
}
std::mutex& shared_mutex() {
  static std::mutex one;
  return one;
}

}  // namespace

// -- the fault

void current_fault::choose(std::string fault) {
  const std::lock_guard lock{mutex_};
  fault_ = std::move(fault);
}

void current_fault::let_go() {
  const std::lock_guard lock{mutex_};
  fault_.clear();
  ++releases_;
  changed_.notify_all();
}

std::int64_t current_fault::begun(const std::string& what) {
  const std::lock_guard lock{mutex_};
  return begun_[what];
}

std::string current_fault::threads_of(const std::string& what) {
  const std::lock_guard lock{mutex_};
  std::string all;
  for (const auto& t : threads_[what]) all += t + " ";
  return all;
}

bool current_fault::is(const std::string& fault) const {
  const std::lock_guard lock{mutex_};
  return fault_ == fault;
}

void current_fault::pass(const std::string& what) {
  std::ostringstream here;
  here << std::this_thread::get_id();
  {
    const std::lock_guard lock{mutex_};
    ++begun_[what];
    threads_[what].insert(here.str());
  }
  if (is("block_" + what)) block();
  if (is("fail_" + what)) throw std::runtime_error("trouble with " + what);
}

void current_fault::block() {
  std::unique_lock lock{mutex_};
  ++begun_["blocked"];
  const auto mine = releases_;
  changed_.wait_for(lock, seconds{30}, [&] { return releases_ != mine; });
}

// -- the entity

result<outcome<ward, std::int64_t>> decide(const ward& now, const visit&, const moment&) {
  std::shared_ptr<current_fault> fault;
  {
    const std::lock_guard lock{shared_mutex()};
    fault = shared_fault();
  }
  if (fault) fault->pass("entity");
  ward next = now;
  ++next.visits;
  return outcome<ward, std::int64_t>{next, next.visits};
}
bound_statement save(const ward& before, const ward& after, const visit&, const moment& m) {
  return {&save_ward,
          {after.whose, before.version, after.visits,
           one_event(m.now, after.whose, after.whose, trouble_visited{after.visits})}};
}
bound_statement load(const ward_kind&, const user_id& key) { return {&load_ward, {key}}; }
result<ward> read(const ward_kind&, const user_id& key, const rows& found) {
  return found.empty() ? ward{key} : ward{key, found.front().integer(0), found.front().integer(1)};
}

// -- routes

namespace {

class trouble_routes {
 public:
  trouble_routes(plugin_host& host, std::shared_ptr<current_fault> fault)
      : host_(host), fault_(std::move(fault)), wards_(host.entity<ward_kind>()) {}

  /// What goes wrong here is what the fault says of routes.
  task<trouble_says> act(const request&) {
    trouble_says out{"trouble", 0};
    fault_->pass("route");
    if (fault_->is("bad_input")) co_return fault::field("n", "is bad");
    if (fault_->is("large")) out.says.assign(10'000'000, 'x');
    const values none;
    const values long_time{"4"};
    if (fault_->is("slow")) co_await host_.database().query(slow, long_time);
    if (fault_->is("settings")) {
      co_await host_.database().query(set_path, none);
      co_await host_.database().query(set_acting, none);
    }
    if (fault_->is("later")) {
      co_await host_.database().query(count_heard, none);
      fault_->pass("resumed");
    }
    co_return out;
  }

  task<trouble_says> well(const request&) {
    trouble_says out{"well", 0};
    co_return out;
  }

  /// What the session says that a call finds.
  task<trouble_says> session(const request&) {
    const values none;
    const auto found = co_await host_.database().query(show_acting, none);
    trouble_says out{found.front().text(0), 0};
    co_return out;
  }

  /// An event and a job, in one transaction.
  task<trouble_says> tell(const request&, trouble_number in) {
    auto work = [this, n = in.n](connection& db) -> result<done> {
      db.run(told, {event_rows(host_.clock().now()).tell(std::nullopt, teller, trouble_told{n})});
      db.run(queued, {job_rows(host_.clock().now()).add(trouble_work{n})});
      return done{};
    };
    co_await host_.database().in_transaction(std::move(work));
    host_.jobs_queued();
    trouble_says out{"told", in.n};
    co_return out;
  }

  task<trouble_says> heard(const request&) {
    const values none;
    const auto found = co_await host_.database().query(count_heard, none);
    trouble_says out{std::to_string(found.front().integer(1)), found.front().integer(0)};
    co_return out;
  }

  task<trouble_says> call(const request& q) {
    visit one;
    const auto ward = q.who.signed_in ? q.who.user : user_id{teller};
    const auto visits = co_await wards_.ask(ward, one);
    trouble_says out{"visited", visits};
    co_return out;
  }

  task<trouble_says> fetch(const request&, trouble_where to) {
    http_request q;
    q.url = to.url;
    q.allow_private = to.inside.value_or(false);
    q.timeout = seconds{2};
    const auto got = co_await host_.http().send(std::move(q));
    trouble_says out{"fetched", got.status};
    co_return out;
  }

  /// Writes two pieces; the fault `block_stream` blocks between them.
  task<reply> stream(const request&) {
    reply r =
        reply::events([fault = fault_](std::shared_ptr<stream_writer> to) { return write(fault, std::move(to)); });
    co_return r;
  }

 private:
  static task<done> write(std::shared_ptr<current_fault> fault, std::shared_ptr<stream_writer> to) {
    co_await to->write(server_event("1", "trouble", "one"));
    fault->pass("stream");
    co_await to->write(server_event("2", "trouble", "two"));
    co_return done{};
  }

  plugin_host& host_;
  const std::shared_ptr<current_fault> fault_;
  const entity_of<ward_kind> wards_;
};

}  // namespace

void wire_run_faults(plugin_host& host, const std::shared_ptr<current_fault>& fault) {
  {
    const std::lock_guard lock{shared_mutex()};
    shared_fault() = fault;
  }
  host.offer<trouble_control>(fault);

  auto parts = std::make_shared<trouble_routes>(host, fault);
  auto routes = host.routes(dialect("learnflow")).area("trouble", parts);
  routes.get("/trouble/act/", {.summary = "Has trouble"}, &trouble_routes::act);
  routes.get("/trouble/well/", {.summary = "Has none"}, &trouble_routes::well);
  routes.get("/trouble/session/", {.summary = "Tells what a session was left with"}, &trouble_routes::session);
  routes.post("/trouble/tell/", {.summary = "Tells an event and queues a job"}, &trouble_routes::tell);
  routes.get("/trouble/heard/", {.summary = "Counts what was heard"}, &trouble_routes::heard);
  routes.post("/trouble/visit/", {.auth = auth::optional, .summary = "Tells an entity a command"},
              &trouble_routes::call);
  routes.get("/trouble/fetch/", {.summary = "Asks another server"}, &trouble_routes::fetch);
  routes.get("/trouble/stream/", {.summary = "Streams", .produces = "text/event-stream"}, &trouble_routes::stream);

  host.consume<trouble_told>("ear", [fault](connection& db, const batch_of<trouble_told>& batch) -> result<done> {
    fault->pass("subscription");
    for (const auto& e : batch) {
      if (e.fact.n < 0 && fault->is("poison")) throw std::runtime_error("this event cannot be taken");
      db.run(hear, {e.id, e.fact.n});
    }
    return done{};
  });
  host.observe<trouble_told>("eye", [fault](const heard<trouble_told>&) { fault->pass("observer"); });
  job_policy policy;
  policy.first_pause = milliseconds{10};
  policy.longest_pause = milliseconds{50};
  host.work_on<trouble_work>(
      [fault](trouble_work, job) -> task<done> {
        fault->pass("job");
        co_return done{};
      },
      policy);
  host.every("rounds", milliseconds{100}, [fault]() -> task<done> {
    fault->pass("every");
    co_return done{};
  });
}

}  // namespace stoa_plugin::trouble
