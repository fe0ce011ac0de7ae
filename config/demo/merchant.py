"""The demo merchant: 晴川茶点, tea, coffee and bakery in Hangzhou and Shanghai. Invented."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Shop:
    """A store, with the share of receipts that it writes."""

    code: str
    name: str
    ownership: str
    channel: str
    business: str
    share: int


@dataclass(frozen=True, slots=True)
class Product:
    """Something sold; `months` are those in which it sells, all of them when empty."""

    sku: str
    name: str
    price: Decimal
    share: int
    months: tuple[int, ...]
    category: str
    brand: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reward:
    """What members use points for; the mall's own catalogue is not needed to tell of it."""

    name: str
    points: int


SHOPS = (
    Shop("HZ01", "晴川茶点 · 杭州湖滨店", "own", "门店", "茶点", 26),
    Shop("HZ02", "晴川茶点 · 杭州滨江店", "own", "门店", "茶点", 20),
    Shop("HZ03", "晴川茶点 · 杭州西溪店", "own", "门店", "茶点", 15),
    Shop("SH01", "晴川茶点 · 上海静安店", "own", "门店", "茶点", 18),
    Shop("SH02", "晴川茶点 · 上海徐汇店（加盟）", "franchise", "门店", "茶点", 11),
    Shop("MP01", "晴川茶点 · 小程序商城", "own", "小程序", "电商", 10),
)


# Code, name and the code of the one above; parents first.
CATEGORIES = (
    ("drinks", "饮品", ""),
    ("tea", "茶饮", "drinks"),
    ("coffee", "咖啡", "drinks"),
    ("bakery", "烘焙", ""),
    ("bread", "面包", "bakery"),
    ("cake", "蛋糕", "bakery"),
    ("pastry", "中式点心", "bakery"),
    ("gifts", "礼品", ""),
    ("packed", "茶叶与咖啡", "gifts"),
    ("boxes", "节令礼盒", "gifts"),
    ("ware", "器皿", "gifts"),
    ("cards", "礼品卡", "gifts"),
)
TAGS = ("茶友会", "企业客户", "附近街坊")


def _product(
    sku: str,
    name: str,
    price: str,
    share: int,
    category: str,
    *months: int,
    brand: str = "晴川",
    label: str = "",
) -> Product:
    labels = (label,) if label else ()
    return Product(sku, name, Decimal(price), share, months, category, brand, labels)


PRODUCTS = (
    _product("T101", "龙井拿铁", "22.00", 16, "tea"),
    _product("T102", "桂花乌龙", "18.00", 14, "tea"),
    _product("T103", "茉莉奶绿", "17.00", 15, "tea"),
    _product("T104", "冷泡白茶", "19.00", 12, "tea", 5, 6, 7, 8, 9),
    _product("T105", "杨梅冰茶", "23.00", 14, "tea", 6, 7),
    _product("T106", "姜枣热红茶", "20.00", 10, "tea", 11, 12, 1, 2),
    _product("T107", "洛神山楂茶", "21.00", 9, "tea", label="new"),
    _product("C201", "美式咖啡", "15.00", 13, "coffee"),
    _product("C202", "拿铁", "21.00", 18, "coffee"),
    _product("C203", "燕麦拿铁", "25.00", 11, "coffee"),
    _product("C204", "手冲单品", "32.00", 4, "coffee", brand="山野烘豆"),
    _product("C205", "冰摇柠檬美式", "20.00", 12, "coffee", 5, 6, 7, 8, 9),
    _product("B301", "海盐卷", "8.50", 15, "bread"),
    _product("B302", "可颂", "12.80", 12, "bread"),
    _product("B303", "定胜糕", "9.90", 9, "pastry", label="special"),
    _product("B304", "北海道吐司", "26.00", 7, "bread"),
    _product("B305", "抹茶瑞士卷", "36.00", 5, "cake"),
    _product("B306", "栗子蛋糕", "28.80", 6, "cake", 9, 10, 11, 12),
    _product("B307", "青团（6 只）", "39.90", 12, "pastry", 3, 4),
    _product("B308", "六寸生日蛋糕", "198.00", 1, "cake"),
    _product("B309", "咸蛋黄麻薯", "12.00", 6, "pastry", label="new"),
    _product("G401", "明前龙井 50 克", "128.00", 1, "packed", brand="西湖春"),
    _product("G402", "挂耳咖啡 10 片", "69.00", 2, "packed", brand="山野烘豆"),
    _product("G403", "中秋月饼礼盒", "268.00", 3, "boxes", 8, 9),
    _product("G404", "端午绿豆糕礼盒", "88.00", 4, "boxes", 4, 5, 6),
    _product("G405", "随行保温杯", "159.00", 1, "ware", brand="山野器"),
    _product("G406", "晴川礼品卡 100 元", "100.00", 1, "cards", label="gift_card"),
)
CAKE = next(product for product in PRODUCTS if product.sku == "B308")

REWARDS = (
    Reward("海盐卷一枚", 120),
    Reward("桂花乌龙一杯", 240),
    Reward("拿铁一杯", 300),
    Reward("北海道吐司一条", 380),
    Reward("帆布袋", 600),
    Reward("随行保温杯", 1800),
)

_FAMILY_NAMES = (
    "王李张刘陈杨黄赵周吴徐孙朱马胡郭林何高梁郑罗宋谢唐韩曹许邓萧冯曾程蔡彭潘袁于董余苏叶吕魏蒋"
    "田杜丁沈姜范江傅钟卢汪戴崔任陆廖姚方金邱夏谭韦贾邹石熊孟秦阎薛侯雷白龙段郝孔邵史毛常万顾赖武"
)
# The first families are the most frequent ones, as everywhere.
FAMILY_NAMES = tuple(_FAMILY_NAMES)
GIVEN_NAMES = (
    "子涵", "欣怡", "梓萱", "雨桐", "思远", "浩然", "宇轩", "佳怡", "俊杰", "诗涵", "一诺", "明远",
    "晓燕", "丽华", "建国", "秀英", "志强", "海燕", "文静", "雪梅", "国华", "春梅", "晓东", "伟",
    "芳", "敏", "静", "磊", "洋", "艳", "勇", "娟", "涛", "超", "霞", "平", "刚", "婷", "玲", "辉",
    "嘉宁", "若曦", "书瑶", "亦凡", "景行", "知夏", "慕白", "安然", "立群", "云舒", "清越", "乐怡",
    "佩琳", "启航", "卓然", "语嫣", "锦程", "南星", "予安", "望舒",
)  # fmt: skip
