// The question bank plugin: settings, routes, and the answers' shapes.
#include <algorithm>
#include <array>
#include <functional>
#include <memory>

#include "bank.hpp"
#include "gift.hpp"
#include "key_text.hpp"
#include "package.hpp"
#include "qti.hpp"
#include "stoa/plugin.hpp"
#include "stoa/text.hpp"

namespace stoa_plugin::questionbank {

using namespace stoa;  // NOLINT: the plugin's own source, after its own headers

namespace {

using limits = quiz_limits;

const std::array<setting, 1>& settings() {
  static const std::array<setting, 1> all{{
      {"per_instructor",
       setting_type::integer,
       "1000",
       "Questions one instructor may have in their bank",
       {},
       false,
       1,
       100'000},
  }};
  return all;
}

using type_word = wire::choice<"multiple_choice", "multiple_select", "true_false", "short_answer">;
using option_list = wire::list_of<wire::text<0, limits::option>, 0, limits::options>;
using tag_list = wire::list_of<wire::text<1, limits::tag>, 0, limits::tags>;
using points_number = wire::whole<1, limits::points>;

struct question_in {
  wire::text<1, limits::question_text> question_text;
  type_word question_type;
  std::optional<option_list> options;
  key_text correct_answer;
  std::optional<points_number> points;
  std::optional<wire::text<0, limits::explanation>> explanation;
  std::optional<tag_list> tags;
};
BOOST_DESCRIBE_STRUCT(question_in, (),
                      (question_text, question_type, options, correct_answer, points, explanation, tags))

struct question_change {
  wire::given<wire::text<1, limits::question_text>> question_text;
  wire::given<type_word> question_type;
  wire::emptiable<option_list> options;
  wire::given<key_text> correct_answer;
  wire::given<points_number> points;
  wire::emptiable<wire::text<0, limits::explanation>> explanation;
  wire::emptiable<tag_list> tags;
};
BOOST_DESCRIBE_STRUCT(question_change, (),
                      (question_text, question_type, options, correct_answer, points, explanation, tags))

struct question_filter {
  std::optional<wire::text<0, limits::tag>> tag;
  std::optional<type_word> question_type;
  std::optional<wire::text<0, 200>> search;
};
BOOST_DESCRIBE_STRUCT(question_filter, (), (tag, question_type, search))

struct export_filter : question_filter {
  wire::word_or<"gift", "gift", "qti"> format;
};
BOOST_DESCRIBE_STRUCT(export_filter, (question_filter), (format))

struct bank_item {
  bank_question_id id;
  std::string question_text;
  std::string question_type;
  std::vector<std::string> options;
  key_text correct_answer;
  std::int64_t points = 1;
  std::string explanation;
  std::vector<std::string> tags;
  timestamp created_at, updated_at;
};
BOOST_DESCRIBE_STRUCT(bank_item, (),
                      (id, question_text, question_type, options, correct_answer, points, explanation, tags, created_at,
                       updated_at))

struct tags_out {
  std::vector<tag_count> items;
};
BOOST_DESCRIBE_STRUCT(tags_out, (), (items))

struct import_out {
  std::int64_t imported = 0;
  std::vector<bank_item> items;
  std::vector<reading_note> left_out;  ///< what the bank cannot ask, by its place in the file
};
BOOST_DESCRIBE_STRUCT(import_out, (), (imported, items, left_out))

struct draw_in {
  wire::text<1, limits::tag> tag;
  std::optional<wire::whole<1, limits::questions>> count;
};
BOOST_DESCRIBE_STRUCT(draw_in, (), (tag, count))

struct draw_out {
  stoa::quiz_id quiz_id;
  std::string tag;
  std::int64_t added = 0;      ///< questions that were not in the quiz before
  std::int64_t available = 0;  ///< questions of the quiz with that tag
  std::optional<std::int64_t> count;
};
BOOST_DESCRIBE_STRUCT(draw_out, (), (quiz_id, tag, added, available, count))

using question_in_path = in_path<"question_id", bank_question_id, unknown_question>;

std::vector<std::string> texts_of(const auto& in) { return {in.begin(), in.end()}; }

bank_item to_wire(const bank_question& q) {
  bank_item out;
  out.id = q.id;
  out.question_text = q.what.text;
  out.question_type = name_of(q.what.type);
  out.options = q.what.options;
  out.correct_answer = key_of(q.what);
  out.points = q.what.points;
  out.explanation = q.what.explanation;
  out.tags = q.what.tags;
  out.created_at = q.created_at;
  out.updated_at = q.updated_at;
  return out;
}

bank_filter filter_of(const question_filter& in) {
  bank_filter f;
  if (in.tag) f.tag = *in.tag;
  if (in.question_type) f.type = *in.question_type;
  if (in.search) f.search = trim(*in.search);
  return f;
}

/// What is wrong with a file, each with its line: `file.3`, or `item0001.xml.3` of a package.
fault broken(const reading& r) {
  std::vector<field_error> all;
  for (const auto& p : r.problems) {
    const auto place = p.file.empty() ? std::string("file") : p.file;
    all.push_back({place, "line " + std::to_string(p.line) + ": " + p.message, "syntax"});
    if (all.size() == 50) break;
  }
  return fault::invalid(std::move(all));
}

reading read_any(const std::string& bytes) {
  if (is_package(bytes)) return read_package(bytes);
  auto text = std::string_view(bytes);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return trim(text).starts_with('<') ? read_qti(text) : read_gift(text);
}

question_draft draft_of(const written_question& q) {
  question_draft d;
  d.text = q.text;
  d.type = q.type;
  d.options = q.options;
  d.correct = q.correct;
  d.points = q.points;
  d.explanation = q.explanation;
  d.tags = q.tags;
  return d;
}

bool stands_in(const quiz& q, const written_question& w) {
  return std::any_of(q.questions.begin(), q.questions.end(), [&](const question& each) {
    return each.text == w.text && each.type == w.type && each.options == w.options && each.correct == w.correct;
  });
}

class questionbank_plugin final : public plugin {
 public:
  void configure(plugin_host& host) override {
    host_ = &host;
    most_ = host.settings().integer("per_instructor");
  }

  void wire(plugin_host& host) override {
    auto at = host.routes(dialect("lms")).area("question_bank", *this);
    const role_set teaching{static_cast<unsigned>(role::instructor) | static_cast<unsigned>(role::admin)};
    const auto for_teachers = [&](const char* summary, int status = 200) {
      route_options o;
      o.auth = auth::required;
      o.status = status;
      o.summary = summary;
      o.roles = teaching;
      o.addition = true;
      return o;
    };
    at.get("/question-bank/questions", for_teachers("One's own questions, in the order in which they came"),
           &questionbank_plugin::list);
    auto adding = for_teachers("Add a question to one's bank", 201);
    adding.refuses = {fault_kind::conflict};
    at.post("/question-bank/questions", adding, &questionbank_plugin::create);
    at.get("/question-bank/questions/{question_id}", for_teachers("A question of one's own"),
           &questionbank_plugin::show);
    at.patch("/question-bank/questions/{question_id}", for_teachers("Change a question of one's own"),
             &questionbank_plugin::change);
    at.del("/question-bank/questions/{question_id}",
           for_teachers("Take a question away; quizzes keep their copies", 204), &questionbank_plugin::remove);
    at.get("/question-bank/tags", for_teachers("The tags of one's questions"), &questionbank_plugin::tags);
    auto importing = for_teachers("Add the questions of a file: GIFT, an item of QTI 2.1, or a package of them", 201);
    importing.max_body = reading_limits::bytes;
    importing.consumes = "application/octet-stream";
    importing.refuses = {fault_kind::invalid, fault_kind::conflict};
    at.post("/question-bank/import", importing, &questionbank_plugin::import);
    auto exporting = for_teachers("One's questions as a file: GIFT, or a package of QTI 2.1");
    exporting.refuses = {fault_kind::rejected};
    exporting.produces = "*/*";  // text or a package, as asked for
    at.get("/question-bank/export", exporting, &questionbank_plugin::write);
    auto drawing = for_teachers("Put the bank's questions of a tag into a quiz, and have attempts draw some of them");
    drawing.refuses = {fault_kind::rejected};
    at.post("/question-bank/quizzes/{quiz_id}/draws", drawing, &questionbank_plugin::draw);
  }

 private:
  task<page_of<bank_item>> list(const request& q, paged<question_filter> in) {
    const auto found = co_await list_questions(host_->database(), q.who.user, filter_of(in), in.asked);
    page_of<bank_item> out;
    out.asked = found.asked;
    out.total = found.total;
    for (const auto& each : found.items) out.items.push_back(to_wire(each));
    co_return out;
  }

  task<bank_item> create(const request& q, question_in in) {
    written_question w;
    w.text = in.question_text;
    w.type = *question_type_named(in.question_type);
    if (in.options) w.options = texts_of(*in.options);
    w.correct = in.correct_answer.all;
    if (in.points) w.points = static_cast<int>(in.points->value);
    if (in.explanation) w.explanation = *in.explanation;
    if (in.tags) w.tags = texts_of(*in.tags);
    std::vector<written_question> one;
    one.push_back(co_await well_formed(std::move(w)));
    const auto added = co_await add_questions(host_->database(), q.who.user, std::move(one), most_, q.now);
    co_return to_wire(added.front());
  }

  task<bank_item> show(const request& q, question_in_path id) {
    const auto found = co_await find_question(host_->database(), q.who.user, *id);
    co_return to_wire(found);
  }

  task<bank_item> change(const request& q, question_in_path id, question_change in) {
    auto found = co_await find_question(host_->database(), q.who.user, *id);
    auto& w = found.what;
    if (in.question_text) w.text = *in.question_text;
    if (in.question_type) w.type = *question_type_named(*in.question_type);
    if (in.options) w.options = texts_of(*in.options);
    if (in.correct_answer) w.correct = in.correct_answer->all;
    if (in.points) w.points = static_cast<int>(in.points->value);
    if (in.explanation) w.explanation = *in.explanation;
    if (in.tags) w.tags = texts_of(*in.tags);
    auto next = co_await well_formed(std::move(w));
    const auto changed = co_await change_question(host_->database(), q.who.user, *id, std::move(next), q.now);
    co_return to_wire(changed);
  }

  task<wire::nothing> remove(const request& q, question_in_path id) {
    co_await remove_question(host_->database(), q.who.user, *id);
    co_return wire::nothing{};
  }

  task<tags_out> tags(const request& q) {
    tags_out out;
    out.items = co_await list_tags(host_->database(), q.who.user);
    co_return out;
  }

  task<import_out> import(const request& q, raw_body in) {
    if (trim(in.bytes).empty()) co_return fault::field("file", "Send a file of questions as the body.");
    std::function<reading()> work = [bytes = std::move(in.bytes)] { return read_any(bytes); };
    auto read = co_await host_->offload().run(std::move(work), q.deadline);
    if (!read.problems.empty()) co_return broken(read);
    import_out out;
    out.left_out = std::move(read.left_out);
    if (!read.questions.empty()) {
      const auto added = co_await add_questions(host_->database(), q.who.user, std::move(read.questions), most_, q.now);
      for (const auto& each : added) out.items.push_back(to_wire(each));
    }
    out.imported = static_cast<std::int64_t>(out.items.size());
    co_return out;
  }

  task<reply> write(const request& q, export_filter in) {
    const auto found = co_await all_questions(host_->database(), q.who.user, filter_of(in));
    std::vector<written_question> all;
    for (const auto& each : found) all.push_back(each.what);
    const bool gift = in.format.text() == "gift";
    std::function<file_content()> work = [all = std::move(all), gift] {
      return file_content::of(gift ? write_gift(all) : write_package(all));
    };
    auto written = co_await host_->offload().run(std::move(work), q.deadline);
    reply r = reply::file(std::move(written), gift ? "text/plain; charset=utf-8" : "application/zip");
    r.headers.emplace_back("Content-Disposition",
                           std::string("attachment; filename=\"questions.") + (gift ? "gift.txt\"" : "zip\""));
    r.headers.emplace_back("Cache-Control", "private, no-cache");
    co_return r;
  }

  /// Copies, so that a quiz stays what it is whatever becomes of the bank. Asked again, it adds what is new.
  task<draw_out> draw(const request& q, in_path<"quiz_id", quiz_id> id, draw_in in) {
    auto& quizzes = host_->use<stoa::quizzes>();
    const auto seen = co_await quizzes.visible(*id, q.who);
    if (seen.as != quiz_view::author)
      co_return fault(fault_kind::forbidden, "PERMISSION_DENIED", "You do not have permission to change this quiz");
    bank_filter f;
    f.tag = in.tag;
    const auto found = co_await all_questions(host_->database(), q.who.user, std::move(f));
    const auto there = co_await placed_in(host_->database(), q.who.user, *id);
    draw_out out;
    out.quiz_id = *id;
    out.tag = in.tag;
    for (const auto& each : found) {
      if (std::find(there.begin(), there.end(), each.id) != there.end()) continue;
      // Put there by a request that ended before it was noted.
      if (stands_in(*seen.quiz, each.what)) continue;
      const auto added = co_await quizzes.add_question(q.who, *id, draft_of(each.what));
      co_await note_placed(host_->database(), q.who.user, *id, each.id, added.id);
      ++out.added;
    }
    auto now = co_await quizzes.get(*id);
    if (in.count) {
      quiz_draft d;
      d.draws = now->draws;
      std::erase_if(*d.draws, [&](const question_draw& each) { return each.tag == in.tag; });
      d.draws->push_back({in.tag, static_cast<int>(in.count->value)});
      now = co_await quizzes.update(q.who, *id, std::move(d));
    }
    for (const auto& each : now->questions)
      out.available += std::count(each.tags.begin(), each.tags.end(), std::string(in.tag)) > 0;
    for (const auto& each : now->draws)
      if (each.tag == in.tag) out.count = each.count;
    co_return out;
  }

  plugin_host* host_ = nullptr;
  std::int64_t most_ = 0;
};

}  // namespace

}  // namespace stoa_plugin::questionbank

STOA_PLUGIN("questionbank", "1.0.0", stoa_plugin::questionbank::questionbank_plugin,
            stoa_plugin::questionbank::settings())
