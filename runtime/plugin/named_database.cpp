#include "runtime/plugin/named_database.hpp"

#include <map>
#include <mutex>
#include <utility>

namespace stoa::runtime {

namespace {

constexpr statement change_role{"plugin.change_role", "select set_config('role', :p1::text, true)"};

/// A transaction's connection under full names; lives as long as the work.
class named_connection final : public connection {
 public:
  named_connection(connection& inner, const statement_names& names) : inner_(inner), names_(names) {}
  rows run(const statement& s, const values& v) override { return inner_.run(names_.full(s), v); }

 private:
  connection& inner_;
  const statement_names& names_;
};

}  // namespace

const statement& statement_names::full(const statement& s) const {
  struct kept {
    std::string name;
    statement what;
  };
  using key = std::pair<std::string, const char*>;
  static std::mutex guard;
  static std::map<key, std::unique_ptr<const kept>> all;
  key wanted{prefix_ + s.name, s.sql};
  const std::lock_guard lock{guard};
  auto& here = all[wanted];
  if (!here) {
    auto made = std::make_unique<kept>();
    made->name = wanted.first;
    made->what = {made->name.c_str(), s.sql};
    here = std::move(made);
  }
  return here->what;
}

named_database::named_database(std::shared_ptr<database> inner, const std::string& plugin_id)
    : inner_(std::move(inner)),
      names_(std::make_shared<statement_names>(plugin_id)),
      role_(std::make_shared<std::string>()) {}

void named_database::run(acting who, lane l, const statement& s, values v,
                         std::function<void(result<rows>)> completion) {
  inner_->run(who.in_role(*role_), l, names_->full(s), std::move(v), std::move(completion));
}

void named_database::transact(acting who, lane l, std::function<result<done>(connection&)> work,
                              std::function<void(result<done>)> completion) {
  inner_->transact(who.in_role(*role_), l, named(std::move(work)), std::move(completion));
}

task<rows> named_database::query(acting who, const statement& s, values v, lane l) {
  return inner_->query(who.in_role(*role_), names_->full(s), std::move(v), l);
}

task<done> named_database::in_transaction(acting who, std::function<result<done>(connection&)> work, lane l) {
  return inner_->in_transaction(who.in_role(*role_), named(std::move(work)), l);
}

std::function<result<done>(connection&)> named_database::named(std::function<result<done>(connection&)> work) const {
  return [names = names_, work = std::move(work)](connection& c) {
    named_connection own{c, *names};
    return work(own);
  };
}

awaiting_subscription named_database::named(awaiting_subscription s) const {
  if (!s.prepare) return {named(std::move(s.what)), {}};
  s.prepare = [self = *this, prepare = std::move(s.prepare)](std::vector<event> events) {
    return self.named_write(prepare(std::move(events)));
  };
  return s;
}

task<event_write> named_database::named_write(task<event_write> preparing) const {
  // Copies: the subscription may be gone before the task has ended.
  const auto self = *this;
  auto write = co_await std::move(preparing);
  if (!write) co_return write;
  co_return event_write([self, write = std::move(write)](connection& c) { return self.in_own_name(c, write); });
}

result<done> named_database::in_own_name(connection& c, const std::function<result<done>(connection&)>& work) const {
  named_connection own{c, *names_};
  if (role_->empty()) return work(own);
  // The pump's own statements, before and after the handler's, have the server's rights.
  c.run(change_role, {*role_});
  auto handled = work(own);
  if (handled) c.run(change_role, {"none"});
  return handled;
}

subscription named_database::named(subscription s) const {
  s.handle = [self = *this, handle = std::move(s.handle)](connection& c, const std::vector<event>& events) {
    return self.in_own_name(c, [&](connection& own) { return handle(own, events); });
  };
  return s;
}

}  // namespace stoa::runtime
