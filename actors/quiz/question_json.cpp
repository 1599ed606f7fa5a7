#include "actors/quiz/question_json.hpp"

#include <stdexcept>

namespace stoa::actors::question_json {

namespace {

const json& member(const json& of, std::string_view name) {
  if (const auto* found = of.find(name)) return *found;
  throw std::runtime_error("a stored question has no " + std::string(name));
}

question read(const json& in) {
  question q;
  const auto id = question_id::parse(member(in, "id").text());
  const auto type = question_type_named(member(in, "type").text());
  if (!id || !type) throw std::runtime_error("a stored question cannot be read");
  q.id = *id;
  q.type = *type;
  q.text = member(in, "text").text();
  q.options = read_texts(member(in, "options"));
  q.correct = read_texts(member(in, "correct"));
  q.points = static_cast<int>(member(in, "points").as_integer().value_or(1));
  q.position = static_cast<int>(member(in, "position").as_integer().value_or(0));
  q.explanation = member(in, "explanation").text();
  q.tags = read_texts(member(in, "tags"));
  return q;
}

}  // namespace

json parse(std::string_view text) {
  auto parsed = json::parse(text);
  if (!parsed) throw std::runtime_error("the parts of a quiz are no JSON");
  return std::move(parsed).value();
}

std::vector<question> read_all(const json& list) {
  std::vector<question> out;
  out.reserve(list.items().size());
  for (const auto& item : list.items()) out.push_back(read(item));
  return out;
}

std::vector<std::string> read_texts(const json& list) {
  std::vector<std::string> out;
  out.reserve(list.items().size());
  for (const auto& item : list.items()) out.push_back(item.text());
  return out;
}

void write_texts(json_writer& w, const std::vector<std::string>& texts) {
  w.begin_array();
  for (const auto& t : texts) w.string(t);
  w.end_array();
}

std::string texts_json(const std::vector<std::string>& texts) {
  json_writer w;
  write_texts(w, texts);
  return w.take();
}

void write(json_writer& w, const question& q) {
  w.begin_object();
  w.key("id"), w.string(q.id.str());
  w.key("text"), w.string(q.text);
  w.key("type"), w.string(name_of(q.type));
  w.key("options"), write_texts(w, q.options);
  w.key("correct"), write_texts(w, q.correct);
  w.key("points"), w.integer(q.points);
  w.key("position"), w.integer(q.position);
  w.key("explanation"), w.string(q.explanation);
  w.key("tags"), write_texts(w, q.tags);
  w.end_object();
}

std::string paper_json(const quiz_paper& p) {
  json_writer w(4096);
  w.begin_object();
  w.key("title"), w.string(p.title);
  w.key("passing_score"), w.integer(p.passing_score);
  w.key("questions");
  w.begin_array();
  for (const auto& q : p.questions) write(w, q);
  w.end_array();
  w.end_object();
  return w.take();
}

quiz_paper read_paper(const uuid& id, quiz_id quiz, std::int64_t quiz_version, std::string_view content) {
  const auto all = parse(content);
  quiz_paper p;
  p.id = id;
  p.quiz = quiz;
  p.quiz_version = quiz_version;
  p.title = member(all, "title").text();
  p.passing_score = static_cast<int>(member(all, "passing_score").as_integer().value_or(0));
  p.questions = read_all(member(all, "questions"));
  return p;
}

}  // namespace stoa::actors::question_json
