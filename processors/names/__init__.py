"""Names across scripts: whether two spellings name the same, which candidate a name means, and one key for all.

matcher = NameMatcher()
matcher.same("Шойгу", "Shoigu")                  # (True, 0.97)
matcher.rank(["شويغو"], ["Shoigu", "Shaw"])      # [["Shoigu", "Shaw"]]
matcher.key("Вершинин")                          # "vershinin"
"""

from processors.names.matcher import NameMatcher

__all__ = ["NameMatcher"]
