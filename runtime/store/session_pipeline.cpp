#include <utility>

#include "runtime/store/session_impl.hpp"

namespace stoa::runtime {

std::vector<answer> session::impl::pipeline(const std::vector<step>& steps) {
  try {
    return send_and_take(steps);
  } catch (const sql_error&) {
    throw;
  } catch (const std::exception&) {
    throw broken_off("pipeline");  // answers are still under way: nobody will know them
  }
}

std::vector<answer> session::impl::send_and_take(const std::vector<step>& steps) {
  const waiting w{watch};
  bool sent = PQenterPipelineMode(*conn);
  std::vector<const char*> texts;
  for (const auto& s : steps) {
    if (!sent) break;
    if (s.command) {
      sent = PQsendQueryParams(*conn, s.command, 0, nullptr, nullptr, nullptr, nullptr, 0);
      continue;
    }
    texts.clear();
    for (const auto at : s.what->order) {
      const auto& text = (*s.bound)[at].text();
      texts.push_back(text ? text->c_str() : nullptr);
    }
    sent = PQsendQueryPrepared(*conn, s.what->server_name.c_str(), static_cast<int>(texts.size()), texts.data(),
                               nullptr, nullptr, 0);
  }
  if (!sent || !PQpipelineSync(*conn)) throw broken_off("pipeline");
  std::vector<answer> answers;
  for (const auto& s : steps) {
    answer r{PQgetResult(*conn), PQclear};
    const auto status = PQresultStatus(r.get());
    if (!r || (status == PGRES_FATAL_ERROR && error_of(s.name(), r.get()).lost())) throw broken_off(s.name());
    answers.push_back(std::move(r));
    if (PQgetResult(*conn) != nullptr) throw broken_off(s.name());  // a null stands behind each
  }
  answer sync{PQgetResult(*conn), PQclear};
  if (PQresultStatus(sync.get()) == PGRES_FATAL_ERROR && !error_of("commit", sync.get()).lost()) {
    // What speaks up only as the sync ends the transaction that nobody began.
    answers.push_back(std::move(sync));
    sync.reset(PQgetResult(*conn));
    if (!sync) sync.reset(PQgetResult(*conn));
  }
  if (PQresultStatus(sync.get()) != PGRES_PIPELINE_SYNC || !PQexitPipelineMode(*conn)) throw broken_off("pipeline");
  return answers;
}

rows session::run_alone(const call& c) {
  if (c.who->nobody() && !impl_->resets) return run(*c.what, *c.bound);
  prepared& p = impl_->prepare_or_throw(*c.what);
  impl::check(p, *c.what, *c.bound);
  std::deque<values> users;
  // Without BEGIN all that comes before the sync is one transaction.
  std::vector<step> steps;
  impl_->take_back(steps);
  steps.push_back(impl_->act(*c.who, users));
  steps.push_back({nullptr, &p, c.bound});
  const auto started = steady::now();
  const auto answers = impl_->pipeline(steps);
  for (const auto& r : answers) {
    if (impl::took_place(r)) continue;
    if (p.errors) p.errors->add();
    const sql_error error = impl_->error_of(c.what->name, r.get());
    if (error.stale_plan()) impl_->forget(*c.what);
    throw error;
  }
  if (p.seconds_taken) p.seconds_taken->observe(seconds_since(started));
  try {
    return impl::rows_of(answers[steps.size() - 1]);
  } catch (const std::exception&) {
    throw impl::broken_off(c.what->name);
  }
}

session::group_answer session::run_group(const std::vector<call>& calls) {
  group_answer out;
  // Without BEGIN all that comes before the sync is one transaction, which the sync commits.
  std::vector<step> steps;
  std::vector<std::size_t> places;  // of each call among the steps
  std::deque<values> users;
  const acting* current = nullptr;
  for (const auto& c : calls) {
    // A session keeps one statement of a name: of two, the second waits for its turn.
    const auto other = [&](const call& o) {
      return o.what->sql != c.what->sql && std::strcmp(o.what->name, c.what->name) == 0 &&
             std::strcmp(o.what->sql, c.what->sql) != 0;
    };
    if (std::any_of(calls.data(), &c, other)) {
      out.culprit = places.size();
      return out;
    }
    try {
      prepared& p = impl_->prepare_or_throw(*c.what);
      impl::check(p, *c.what, *c.bound);
      if (!current)
        impl_->begin_group(steps, *c.who, users);
      else if (impl_->resets || *c.who != *current)
        steps.push_back(impl_->act(*c.who, users, *current));
      current = c.who;
      places.push_back(steps.size());
      steps.push_back({nullptr, &p, c.bound});
    } catch (const sql_error& e) {
      if (e.lost()) throw;
      out.culprit = places.size();
      return out;
    } catch (const std::logic_error&) {
      out.culprit = places.size();
      return out;
    }
  }
  const auto started = steady::now();
  const auto answers = impl_->pipeline(steps);
  for (std::size_t i = 0; i < steps.size() && !out.culprit; ++i)
    if (!impl::took_place(answers[i]))
      out.culprit = static_cast<std::size_t>(std::lower_bound(places.begin(), places.end(), i) - places.begin());
  if (!out.culprit && answers.size() > steps.size()) out.culprit = calls.size();
  if (out.culprit) return out;
  const double each = seconds_since(started) / static_cast<double>(calls.size());
  try {
    for (const auto at : places) {
      out.answers.push_back(impl::rows_of(answers[at]));
      if (const auto* p = steps[at].what; p->seconds_taken) p->seconds_taken->observe(each);
    }
  } catch (const std::exception&) {
    throw impl::broken_off("group");  // committed, and cannot be told
  }
  return out;
}

void session::begin(const acting& who) {
  if (who.nobody() && !impl_->resets) return impl_->command("BEGIN", "BEGIN");
  std::deque<values> users;
  std::vector<step> steps{{"BEGIN", nullptr, nullptr}};
  impl_->take_back(steps);
  steps.push_back(impl_->act(who, users));
  const auto answers = impl_->pipeline(steps);
  for (std::size_t i = 0; i < steps.size(); ++i)
    if (!impl::took_place(answers[i])) throw impl_->error_of(steps[i].name(), answers[i].get());
}

}  // namespace stoa::runtime
